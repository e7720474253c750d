"""A help chatbot for survivors of human trafficking, forced labour and abuse."""
