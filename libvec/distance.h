/*
 * distance.h - distances as callers see them: the same on every machine.
 */

#ifndef LIBVEC_DISTANCE_H
#define LIBVEC_DISTANCE_H

#include <stddef.h>

/* 1 / |x|, for the cosine; 0 for a zero vector.  At most FLT_MAX. */
float distance_inverse_norm(const float *x, size_t dim);

#endif
