"""Components that understand a text; beside them the labelled texts that they are judged on."""
