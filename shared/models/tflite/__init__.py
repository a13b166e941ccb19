"""TensorFlow Lite: graphs written through the flatbuffer schema, and the one place that runs them."""
