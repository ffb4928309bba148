/*
 * row.h - an item as the protocol shows it.
 */

#ifndef ROW_H
#define ROW_H

#include <jansson.h>

#include "space.h"

#define ROW_VECTOR 8		/* beside META_TEXT, META_KEY and META_META */
#define ROW_BASE64 16		/* beside ROW_VECTOR: as base64, much cheaper than numbers */

/*
 * {"id", "distance" unless NULL, and of text, key, meta, vector those in `fields`};
 * what the item has not is null.
 */
json_t *row_json(const struct space *s, const struct meta_item *item, unsigned fields,
    const float *distance);

#endif
