/*
 * table.h - rows that become a table on a terminal.
 *
 * Rows wait until there are enough to choose widths by, or until the table is printed.
 */

#ifndef COOLVEC_TABLE_H
#define COOLVEC_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "out.h"

struct table;

/* A table of these columns (borrowed), `width` columns wide.  NULL: no memory. */
struct table *table_new(const struct column *columns, size_t n, size_t width);
void table_free(struct table *t);

/* Put a cell, row by row and left to right.  `s` is escaped text and is copied. */
void table_put(struct table *t, const char *s, size_t n);

/* Whether so many rows wait that they should be printed. */
int table_is_full(const struct table *t);

/* Print the rows that wait, below the header if it was not printed yet. */
void table_print(struct table *t, FILE *to);

/* The terminal's width: what it says, else COLUMNS, else 80. */
size_t table_screen_width(int fd);

#endif
