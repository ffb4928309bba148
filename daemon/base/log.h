/*
 * log.h - the daemon's log: one line an event, on standard error.
 *
 * To a terminal or a file with the time in front, under systemd with its priority prefix instead.
 * Secrets, texts and vectors are never logged.  Control characters in a line become `?`.
 */

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above `level` are dropped.  `systemd`: prefix priorities for the journal. */
void log_init(enum log_level level, bool systemd);

/* Debug lines on or off, for SIGUSR2; returns whether they are on now. */
bool log_toggle_debug(void);

void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
