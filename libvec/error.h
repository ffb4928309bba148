/*
 * error.h - filling the caller's struct vec_error.
 */

#ifndef LIBVEC_ERROR_H
#define LIBVEC_ERROR_H

#include "vec.h"

/* Fill `err` (NULL is fine) and return `code`.  A sentence that is too long is cut. */
int error_set(struct vec_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The same for a system call that failed with the errno `no`: the sentence ends in the system's
 * words.  A `code` of 0 means what the errno says: VEC_ENOSPC for a full disk or quota, VEC_ENOMEM,
 * else VEC_EIO.
 */
int error_sys(struct vec_error *err, int code, int no, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
