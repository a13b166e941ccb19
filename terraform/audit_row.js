// A row of the table recommendations: a JSON column takes its value as text, not as an object.
function row(message, metadata) {
  const made = JSON.parse(message.data);
  made.request = JSON.stringify(made.request);
  made.answer = JSON.stringify(made.answer);
  message.data = JSON.stringify(made);
  return message;
}
