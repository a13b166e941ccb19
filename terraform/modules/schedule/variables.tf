variable "calendar" {
  description = "Races of the season: round and date."
  type        = list(object({ round = number, date = string }))
}

variable "dataset" {
  description = "Dataset of all tables."
  type        = string
}

variable "ingest_topic" {
  description = "Path of the topic that takes ingest requests."
  type        = string
}

variable "location" {
  description = "Region of the dataset."
  type        = string
}

variable "paused" {
  description = "Make every job, but let none run."
  type        = bool
}

variable "project" {
  description = "Project."
  type        = string
}

variable "region" {
  description = "Region of the scheduler."
  type        = string
}

variable "season" {
  description = "Season to ask for."
  type        = number
}

variable "snapshot_account" {
  description = "Address of the account that takes snapshots."
  type        = string
}

variable "snapshot_days" {
  description = "Days for which a snapshot is kept."
  type        = number
  default     = 30
}

variable "snapshots" {
  description = "Dataset of the snapshots."
  type        = string
}

variable "watch_account" {
  description = "Address of the account that the watches read the tables as."
  type        = string
}
