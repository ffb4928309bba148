/*
 * docs.h - the routes as a page to read.
 */

#ifndef HTTP_DOCS_H
#define HTTP_DOCS_H

#include "buf.h"

/* The whole page, HTML without scripts and without anything from elsewhere. */
void docs_make(struct buf *b);

#endif
