"""Choice of samples that cover the pool: functions of features alone."""
