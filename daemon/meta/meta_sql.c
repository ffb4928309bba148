/*
 * meta_sql.c - every statement there is, once, in the SQL that SQLite and PostgreSQL share.
 *
 * Parameters are numbered in the order of their first appearance.  Where a name may be taken the
 * INSERT does nothing and gives no row back: an error would end a PostgreSQL transaction.
 */

#include "meta_db.h"

#define USER "users.id, users.name, users.metric, users.collection, users.created, users.password"

#define COLLECTION                                                                                 \
	"number, user_id, name, metric, dim, m, ef_construction, seed, provider, model, version, " \
	"identity, generation, next_id, next_slot, count, created, codes"

#define BUILD                                                                                      \
	"collection, generation, embeds, metric, dim, provider, model, version, identity, started"

/* A CASE that is not taken does not read its column: a long text stays on its pages. */
_Static_assert(META_TEXT == 1 && META_KEY == 2 && META_META == 4, "the masks below");
#define ITEM                                                                                       \
	"items.id, slots.slot, slots.crc, CASE WHEN ($1 & 1) <> 0 THEN text END, "                    \
	"CASE WHEN ($1 & 2) <> 0 THEN key END, CASE WHEN ($1 & 4) <> 0 THEN meta END"

/*
 * Where an item has its vector: a row of `slots` in each generation, of which the collection's own
 * counts.  CROSS JOIN keeps SQLite from turning the two tables round; to PostgreSQL it is a join.
 */
#define OF_SLOTS(number_)                                                                          \
	"slots.collection = " number_                                                              \
	" AND slots.generation = (SELECT generation FROM collections WHERE number = " number_ ")"
#define PLACED OF_SLOTS("$2") " AND slots.id = items.id"
#define HERE "items.collection = $2 AND items.id = slots.id"

const char *const meta_sql_text[SQL_N] = {
	[SQL_USER_ADD] = "INSERT INTO users (name, password, created) VALUES ($1, $2, $3) "
			 "ON CONFLICT DO NOTHING RETURNING id",
	[SQL_USER_FIND] = "SELECT " USER " FROM users WHERE name = $1",
	[SQL_USER_SET_PASSWORD] = "UPDATE users SET password = $1 WHERE id = $2",
	[SQL_USER_SET_PREFS] = "UPDATE users SET metric = coalesce($1, metric), "
			       "collection = coalesce($2, collection) WHERE id = $3",

	[SQL_SESSION_ADD] = "INSERT INTO sessions (sid, user_id, expires) VALUES ($1, $2, $3) "
			    "ON CONFLICT DO NOTHING",
	[SQL_SESSION_USER] = "SELECT " USER " FROM sessions JOIN users ON users.id = user_id "
			     "WHERE sid = $1 AND expires > $2",
	[SQL_SESSION_END] = "DELETE FROM sessions WHERE sid = $1",
	[SQL_SESSION_END_USER] = "DELETE FROM sessions WHERE user_id = $1",
	[SQL_SESSION_EXPIRE] = "DELETE FROM sessions WHERE expires <= $1",

	[SQL_COLLECTION_ADD] =
	    "INSERT INTO collections (user_id, name, metric, dim, m, ef_construction, seed, "
	    "provider, model, version, identity, generation, next_id, next_slot, count, created, "
	    "codes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) "
	    "ON CONFLICT DO NOTHING RETURNING number",
	[SQL_COLLECTION_FIND] =
	    "SELECT " COLLECTION " FROM collections WHERE user_id = $1 AND name = $2",
	[SQL_COLLECTION_GET] = "SELECT " COLLECTION " FROM collections WHERE number = $1",
	[SQL_COLLECTION_LIST] =
	    "SELECT " COLLECTION " FROM collections WHERE user_id = $1 ORDER BY name",
	[SQL_COLLECTION_LIST_ALL] = "SELECT " COLLECTION " FROM collections ORDER BY number",
	[SQL_COLLECTION_DROP_REQUESTS] = "DELETE FROM requests WHERE collection = $1",
	[SQL_COLLECTION_DROP_BUILD] = "DELETE FROM builds WHERE collection = $1",
	[SQL_COLLECTION_DROP_SLOTS] = "DELETE FROM slots WHERE collection = $1",
	[SQL_COLLECTION_DROP_ITEMS] = "DELETE FROM items WHERE collection = $1",
	[SQL_COLLECTION_DROP] = "DELETE FROM collections WHERE number = $1",
	[SQL_COLLECTION_ADVANCE] = "UPDATE collections SET next_id = $1, next_slot = $2, "
				   "count = count + $3 WHERE number = $4",

	[SQL_ITEM_BY_ID] = "SELECT " ITEM " FROM items CROSS JOIN slots "
			   "WHERE items.collection = $2 AND items.id = $3 AND " PLACED,
	[SQL_ITEM_BY_KEY] = "SELECT " ITEM " FROM items CROSS JOIN slots "
			    "WHERE items.collection = $2 AND items.key = $3 AND " PLACED,
	[SQL_ITEM_BY_SLOT] = "SELECT " ITEM " FROM slots CROSS JOIN items "
			     "WHERE " OF_SLOTS("$2") " AND slots.slot = $3 AND " HERE,
	[SQL_ITEMS_WALK] = "SELECT " ITEM " FROM items CROSS JOIN slots "
			   "WHERE items.collection = $2 AND items.id >= $3 AND " PLACED
			   " ORDER BY items.id LIMIT $4",
	[SQL_ITEMS_WALK_SLOTS] = "SELECT " ITEM " FROM slots CROSS JOIN items "
				 "WHERE " OF_SLOTS("$2") " AND slots.slot >= $3 AND " HERE
				 " ORDER BY slots.slot LIMIT $4",
	[SQL_ITEMS_LIVE] = "SELECT slot FROM slots WHERE " OF_SLOTS("$1") " AND slot < $2",
	[SQL_ITEM_KEY_FIND] = "SELECT id FROM items WHERE collection = $1 AND key = $2",
	[SQL_ITEM_PUT] =
	    "INSERT INTO items (collection, id, key, meta, text) VALUES ($1, $2, $3, $4, $5) "
	    "ON CONFLICT (collection, id) DO UPDATE SET "
	    "key = excluded.key, meta = excluded.meta, text = excluded.text",
	[SQL_ITEM_SET_META] = "UPDATE items SET meta = $1 WHERE collection = $2 AND id = $3",
	[SQL_ITEM_DELETE] = "DELETE FROM items WHERE collection = $1 AND id = $2",

	[SQL_SLOT_FIND] = "SELECT id, crc FROM slots WHERE " OF_SLOTS("$1") " AND slot = $2",
	[SQL_SLOT_PUT] = "INSERT INTO slots (collection, generation, slot, id, crc) "
			 "SELECT number, generation, $1, $2, $3 FROM collections WHERE number = $4",
	[SQL_SLOT_DELETE] = "DELETE FROM slots WHERE collection = $1 AND id = $2",
	/* a range: of IN and a list PostgreSQL may make a loop over the list for every row */
	[SQL_SLOTS_SWEEP] =
	    "DELETE FROM slots WHERE collection = $1 AND generation = $2 "
	    "AND $2 <> (SELECT generation FROM collections WHERE number = $1) AND slot < "
	    "coalesce((SELECT slot FROM slots WHERE collection = $1 AND generation = $2 "
	    "ORDER BY slot LIMIT 1 OFFSET $3), 9223372036854775807)",

	[SQL_BUILD_ADD] =
	    "INSERT INTO builds (" BUILD ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
	    "ON CONFLICT DO NOTHING",
	[SQL_BUILD_GET] = "SELECT " BUILD " FROM builds WHERE collection = $1",
	[SQL_BUILD_END] = "DELETE FROM builds WHERE collection = $1",
	[SQL_BUILD_PUT] =
	    "INSERT INTO slots (collection, generation, slot, id, crc) "
	    "SELECT collection, $1, $2, id, $3 FROM slots WHERE " OF_SLOTS("$4") " AND slot = $5",
	[SQL_BUILD_WALK] =
	    "SELECT built.slot, slots.slot, built.crc FROM slots AS built CROSS JOIN slots "
	    "WHERE built.collection = $1 AND built.generation = $2 AND built.slot >= $3 AND "
	    OF_SLOTS("$1") " AND slots.id = built.id ORDER BY built.slot LIMIT $4",
	[SQL_BUILD_SWITCH] =
	    "UPDATE collections SET generation = $1, metric = $2, dim = $3, provider = $4, "
	    "model = $5, version = $6, identity = $7, next_slot = $8 WHERE number = $9",

	[SQL_REQUEST_PUT] =
	    "INSERT INTO requests (user_id, request, collection, digest, answer, created) "
	    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
	[SQL_REQUEST_FIND] = "SELECT collection, digest, answer FROM requests "
			     "WHERE user_id = $1 AND request = $2",
	[SQL_REQUEST_EXPIRE] = "DELETE FROM requests WHERE created < $1",

	[SQL_LOAD_USERS] = "INSERT INTO users (id, name, password, metric, collection, created) "
			   "VALUES ($1, $2, $3, $4, $5, $6)",
	[SQL_LOAD_COLLECTIONS] =
	    "INSERT INTO collections (" COLLECTION ") VALUES "
	    "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",

	/* SQLite's; PostgreSQL's are in meta_pg_schema.c */
	[SQL_COUNTER_GET] = "SELECT seq FROM sqlite_sequence WHERE name = $1",
	[SQL_COUNTER_SET] = "UPDATE sqlite_sequence SET seq = $1 WHERE name = $2",
	[SQL_COUNTER_ADD] = "INSERT INTO sqlite_sequence (seq, name) SELECT $1, $2 WHERE NOT EXISTS "
			    "(SELECT 1 FROM sqlite_sequence WHERE name = $2)",

	[SQL_DUMP_USERS] =
	    "SELECT id, name, password, metric, collection, created FROM users ORDER BY id",
	[SQL_DUMP_SESSIONS] = "SELECT sid, user_id, expires FROM sessions",
	[SQL_DUMP_COLLECTIONS] = "SELECT " COLLECTION " FROM collections ORDER BY number",
	[SQL_DUMP_ITEMS] =
	    "SELECT collection, id, key, meta, text FROM items ORDER BY collection, id",
	[SQL_DUMP_SLOTS] = "SELECT collection, generation, slot, id, crc FROM slots "
			   "ORDER BY collection, generation, slot",
	[SQL_LOAD_SLOTS] = "INSERT INTO slots (collection, generation, slot, id, crc) "
			   "VALUES ($1, $2, $3, $4, $5)",
	[SQL_DUMP_BUILDS] = "SELECT " BUILD " FROM builds",
	[SQL_DUMP_REQUESTS] =
	    "SELECT user_id, request, collection, digest, answer, created FROM requests",
};
