"""Where messages come in and replies go out: each module knows one provider, and nothing behind them knows any."""
