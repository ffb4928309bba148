/*
 * file.h - small files and folders.
 */

#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/*
 * Read a file whole, up to `max` bytes (more is a failure), with a NUL after them; free *out.
 * Returns 0, 1 when there is no such file, or -1 and the reason.
 */
int file_read(const char *path, size_t max, char **out, size_t *n, struct err *err);

/*
 * Put `n` bytes into a file of mode `mode` by way of a temporary file, fsync, rename and fsync of
 * the folder: whoever opens `path` sees the old content or the new, whatever happens.  0 or -1.
 */
int file_write(const char *path, mode_t mode, const void *p, size_t n, struct err *err);

/*
 * Make the folder and those above it, so that a power cut leaves them; those it makes get `mode`.  0
 * (also when it is there) or -1.
 */
int file_mkdirs(const char *path, mode_t mode, struct err *err);

/* fsync a folder, so that names made in it stay.  0 or -1. */
int file_sync_folder(const char *path, struct err *err);

/* Remove a folder and all below it; missing is fine.  Follows no link.  0 or -1. */
int file_remove_tree(const char *path, struct err *err);

/* `n` random bytes from the system. */
void file_random(void *p, size_t n);

/* Overwrite a secret; the compiler may not leave it out. */
void file_forget(void *p, size_t n);

#endif
