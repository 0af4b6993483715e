"""Results as one self-contained page: charts with tables beside them; computes nothing."""
