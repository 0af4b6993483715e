"""memtune measured: accuracy, overhead and search cost, beside peers."""
