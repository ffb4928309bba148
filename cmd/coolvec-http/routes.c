/*
 * routes.c - the table.
 *
 * Its order is a story: each example works where those before it have been done, with a new user on
 * a daemon that has no other.  The tests replay it from /openapi.json.
 */

#include "pages.h"
#include "route.h"
#include "shape.h"
#include "wire.h"

#define PARAMS(...) (const struct param[]){ __VA_ARGS__ { 0 } }
#define NUMBERS(a, b) .least = (a), .most = (b) /* NOLINT(bugprone-macro-parentheses) */
#define MUST .required = true

#define COLLECTION(w) { "collection", NULL, PARAM_NAME, (w) | IN_QUERY, \
	.help = "the collection; when absent the one that the preferences name" }
#define USERNAME { "username", NULL, PARAM_STRING, IN_BODY, MUST, NUMBERS(1, 63), \
	.help = "letters, digits and _ . @ -, a letter or digit first" }
#define PASSWORD { "password", NULL, PARAM_STRING, IN_BODY, MUST, \
	NUMBERS(WIRE_PASSWORD_MIN, WIRE_PASSWORD_MAX), .help = "8 to 128 bytes" }
#define SECRET(called, shortest) { (called), NULL, PARAM_STRING, IN_BODY, MUST, \
	NUMBERS(shortest, WIRE_PASSWORD_MAX), .help = "at most 128 bytes" }
#define TEXT(h) { "text", NULL, PARAM_STRING, IN_BODY, NUMBERS(1, WIRE_TEXT_MAX), .help = (h) }
#define VECTOR { "vector", NULL, PARAM_VECTOR, IN_BODY, \
	.help = "an array of numbers, or base64 of little-endian float32" }
#define REQUEST { "request_id", NULL, PARAM_STRING, IN_BODY, NUMBERS(1, 128), \
	.help = "the same as the header Idempotency-Key" }
#define METRIC(w, h) { "metric", NULL, PARAM_METRIC, (w), .help = (h) }
#define K(w) { "k", NULL, PARAM_COUNT, w, NUMBERS(1, 10000), .help = "how many; 5 when absent" }
#define SEARCHING(w) \
	{ "ef", NULL, PARAM_COUNT, w, NUMBERS(1, 10000), \
	    .help = "candidates that the search keeps; more is slower and finds more" }, \
	{ "exact", NULL, PARAM_BOOL, w, .help = "compare every vector" }, \
	METRIC(w, "another than the index's is an exact search")
#define WHERE(w) { "where", NULL, PARAM_STRING, (w) | IN_QUERY, NUMBERS(1, 4096), \
	.help = "a filter on meta; FILTER LANGUAGE in coolvec-protocol(7)" }
#define PATH_ID { "id", NULL, PARAM_ID, IN_PATH, MUST, .help = "of the vector" }
#define PATH_NAME { "name", NULL, PARAM_NAME, IN_PATH, MUST, .help = "of the collection" }
#define VEC_ID { "vec_id", "id", PARAM_ID, IN_QUERY, MUST, .help = "of the vector" }

#define LOGIN_REPLY "{\"access_token\":\"eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl\"," \
	"\"token_type\":\"bearer\",\"expires_in\":1800}"
#define ADA "{\"username\":\"ada\",\"password\":\"correct horse battery\"}"
#define EMBEDDER "{\"provider\":\"local\",\"model\":\"ngram\"," \
	"\"version\":\"1-u15.0.0\",\"dim\":256}"
#define PAPERS "{\"name\":\"papers\",\"number\":1,\"metric\":\"cosine\",\"dim\":256,\"count\":0," \
	"\"embedder\":" EMBEDDER ",\"codes\":\"fast\",\"M\":32,\"ef_construction\":200,\"created\":1795453200}"
#define CAT "{\"id\":0,\"text\":\"The cat sat on the mat\",\"key\":null,\"meta\":null}"

#define SIMILARITY_PARAMS(w) PARAMS({ "vec_id", "id", PARAM_ID, w, MUST, \
	    .help = "of the vector" }, \
	K(w), SEARCHING(w), { "fields", NULL, PARAM_FIELDS, w, NUMBERS(1, 4), \
	    .help = "of text, key, meta, vector; text when absent", .fallback = "text" }, \
	WHERE(w), COLLECTION(w),)
#define SIMILARITY_REPLY "{\"results\":[{\"id\":1,\"distance\":0.247956648," \
	"\"text\":\"A cat is sitting on a mat\"}],\"metric\":\"cosine\"}"
#define DISTANCE_PARAMS(w) PARAMS( \
	{ "id1", NULL, PARAM_ID, w, MUST, .help = "the one" }, \
	{ "id2", NULL, PARAM_ID, w, MUST, .help = "the other" }, \
	METRIC(w, "when absent the preferred one"), COLLECTION(w),)
#define WAIT { "wait", NULL, PARAM_BOOL, IN_BODY, .help = "for the end; true when absent" }
#define BUILT(changed_) "{\"collection\":" PAPERS ",\"generation\":0,\"slots\":1," \
	"\"changed\":" #changed_ ",\"running\":false}"
#define DISTANCE_REPLY "{\"distance\":0.247956648,\"metric\":\"cosine\"}"

const struct route routes[] = {
	{ "POST", "/auth/register", "register", ROUTE_OPEN | ROUTE_JSON | ROUTE_FORM, 201,
	    PARAMS(USERNAME, PASSWORD,), "accounts", "Make a user",
	    .example = { .body = ADA, .reply = "{\"username\":\"ada\"}" } },
	{ "POST", "/register", "register", ROUTE_OPEN | ROUTE_JSON | ROUTE_FORM | ROUTE_ALIAS, 201,
	    PARAMS(USERNAME, PASSWORD,), "accounts", "The same as /auth/register",
	    .example = { .body = "{\"username\":\"grace\",\"password\":\"correct horse battery\"}",
		.reply = "{\"username\":\"grace\"}" } },
	{ "POST", "/auth/login", "login",
	    ROUTE_OPEN | ROUTE_FORM | ROUTE_JSON | ROUTE_SAFE | ROUTE_EXTRA, 200,
	    PARAMS(USERNAME, SECRET("password", 1),), "accounts", "Get an access token",
	    .example = { .body = ADA, .reply = LOGIN_REPLY } },
	{ "POST", "/login", "login",
	    ROUTE_OPEN | ROUTE_FORM | ROUTE_JSON | ROUTE_SAFE | ROUTE_EXTRA | ROUTE_ALIAS, 200,
	    PARAMS(USERNAME, SECRET("password", 1),), "accounts", "The same as /auth/login",
	    .example = { .body = ADA, .reply = LOGIN_REPLY } },
	{ "POST", "/auth/token", "login",
	    ROUTE_OPEN | ROUTE_FORM | ROUTE_JSON | ROUTE_SAFE | ROUTE_EXTRA | ROUTE_ALIAS, 200,
	    PARAMS(USERNAME, SECRET("password", 1),), "accounts", "The same as /auth/login",
	    .example = { .body = ADA, .reply = LOGIN_REPLY } },
	{ "GET", "/auth/me", "whoami", ROUTE_SAFE, 200, PARAMS(), "accounts", "Who the token is of",
	    .example = { .reply = "{\"username\":\"ada\",\"created\":1795453200,"
		"\"expires_in\":1790}" } },

	{ "GET", "/collections", "collection_list", ROUTE_SAFE, 200, PARAMS(), "collections",
	    "List your collections", .lines = "collections",
	    .example = { .reply = "{\"collections\":[]}" } },
	{ "POST", "/collections", "collection_create", ROUTE_JSON, 201,
	    PARAMS({ "name", NULL, PARAM_NAME, IN_BODY, MUST, .help = "of the collection" },
		METRIC(IN_BODY, "of the index; when absent the preferred one"),
		{ "embedder", NULL, PARAM_STRING, IN_BODY, NUMBERS(1, 80),
		    .help = "what makes vectors of texts; none: every item brings its vector" },
		{ "dim", NULL, PARAM_COUNT, IN_BODY, NUMBERS(1, 16000),
		    .help = "components of a vector; needed with the embedder none" },
		{ "codes", NULL, PARAM_CODES, IN_BODY,
		    .help = "of the graph; small halves its memory; when absent fast up to 256 components, small above" },
		{ "M", NULL, PARAM_COUNT, IN_BODY, NUMBERS(4, 64), .help = "neighbours of a node" },
		{ "ef_construction", NULL, PARAM_COUNT, IN_BODY, NUMBERS(8, 4000),
		    .help = "candidates that an insertion keeps" },),
	    "collections", "Make a collection",
	    .example = { .body = "{\"name\":\"papers\",\"dim\":256}", .reply = PAPERS } },
	{ "GET", "/collections/{name}", "collection_show", ROUTE_SAFE, 200, PARAMS(PATH_NAME,),
	    "collections", "Describe a collection",
	    .example = { .given = "name=papers", .reply = PAPERS } },
	{ "PUT", "/prefs", "prefs", ROUTE_JSON | ROUTE_SAFE, 200,
	    PARAMS(METRIC(IN_BODY, "of distance and of new collections"),
		{ "collection", NULL, PARAM_NAME, IN_BODY,
		    .help = "what is meant when none is named" },),
	    "preferences", "Set your preferences",
	    .example = { .body = "{\"collection\":\"papers\",\"metric\":\"cosine\"}",
		.reply = "{\"metric\":\"cosine\",\"collection\":\"papers\"}" } },
	{ "GET", "/prefs", "prefs", ROUTE_SAFE, 200, PARAMS(), "preferences", "Your preferences",
	    .example = { .reply = "{\"metric\":\"cosine\",\"collection\":\"papers\"}" } },

	{ "POST", "/vec/add", "add", ROUTE_JSON | ROUTE_LARGE | ROUTE_ONCE, 200,
	    PARAMS(TEXT("embedded, and kept"), VECTOR,
		{ "key", NULL, PARAM_STRING, IN_BODY, NUMBERS(1, 255),
		    .help = "your own name for the item; an item that has it is replaced" },
		{ "meta", NULL, PARAM_META, IN_BODY, .help = "kept with the item" },
		COLLECTION(IN_BODY), REQUEST,),
	    "vectors", "Add a text, or a vector, or both",
	    .example = { .body = "{\"text\":\"The cat sat on the mat\"}",
		.reply = "{\"id\":0,\"lexical\":true}" } },
	{ "POST", "/vec/batch", "add", ROUTE_JSON | ROUTE_LINES | ROUTE_LARGE | ROUTE_ONCE, 200,
	    PARAMS({ "items", NULL, PARAM_ITEMS, IN_BODY, MUST, NUMBERS(1, WIRE_BATCH_MAX),
		.help = "objects with text, vector, key, meta; as NDJSON one a line" },
		COLLECTION(IN_BODY), REQUEST,),
	    "vectors", "Add many items; all or none", .lines = "ids",
	    .example = { .body = "{\"items\":[{\"text\":\"A cat is sitting on a mat\"},"
		"{\"text\":\"Stock prices fell sharply\",\"key\":\"stocks\",\"meta\":{\"page\":3}},"
		"{\"text\":\"How to bake bread\"}]}",
		.reply = "{\"ids\":[1,2,3],\"lexical\":true}" } },
	{ "GET", "/vec/similarity", "similarity", ROUTE_SAFE, 200, SIMILARITY_PARAMS(IN_QUERY),
	    "search", "The nearest to a stored vector", .lines = "results",
	    .example = { .given = "vec_id=0&k=1", .reply = SIMILARITY_REPLY } },
	{ "POST", "/vec/similarity", "similarity", ROUTE_JSON | ROUTE_SAFE, 200,
	    SIMILARITY_PARAMS(IN_QUERY | IN_BODY), "search", "The nearest to a stored vector",
	    .lines = "results",
	    .example = { .given = "vec_id=0&k=1", .reply = SIMILARITY_REPLY } },
	{ "POST", "/vec/search", "similarity", ROUTE_JSON | ROUTE_LARGE | ROUTE_SAFE, 200,
	    PARAMS({ "id", NULL, PARAM_ID, IN_BODY, .help = "of a stored vector" },
		TEXT("or a text"), VECTOR, K(IN_BODY), SEARCHING(IN_BODY),
		{ "fields", NULL, PARAM_FIELDS, IN_BODY, NUMBERS(1, 4),
		    .help = "of text, key, meta, vector; the first three when absent" },
		WHERE(IN_BODY), COLLECTION(IN_BODY),),
	    "search", "The nearest to a stored vector, a text or a vector", .lines = "results",
	    .example = { .body = "{\"text\":\"baking bread at home\",\"k\":1}",
		.reply = "{\"results\":[{\"id\":3,\"distance\":0.512,"
		"\"text\":\"How to bake bread\",\"key\":null,\"meta\":null}],"
		"\"metric\":\"cosine\",\"lexical\":true}" } },
	{ "GET", "/vec/distance", "distance", ROUTE_SAFE, 200, DISTANCE_PARAMS(IN_QUERY), "search",
	    "How far two vectors are from each other",
	    .example = { .given = "id1=0&id2=1", .reply = DISTANCE_REPLY } },
	{ "POST", "/vec/distance", "distance", ROUTE_JSON | ROUTE_SAFE, 200,
	    DISTANCE_PARAMS(IN_QUERY | IN_BODY), "search",
	    "How far two vectors are from each other",
	    .example = { .given = "id1=0&id2=1&metric=cosine", .reply = DISTANCE_REPLY } },
	{ "POST", "/vec/embed", "embed", ROUTE_JSON | ROUTE_LARGE | ROUTE_SAFE, 200,
	    PARAMS({ "texts", NULL, PARAM_KEYS, IN_BODY, MUST, NUMBERS(1, WIRE_BATCH_MAX),
		.help = "what to embed" }, COLLECTION(IN_BODY),),
	    "search", "Embed texts as add would; nothing is stored", .lines = "vectors",
	    .example = { .body = "{\"texts\":[\"a cat\"]}", .reply = "{\"vectors\":[[0.125]],"
		"\"embedder\":" EMBEDDER ",\"lexical\":true}" } },
	{ "GET", "/vec", "list", ROUTE_SAFE, 200,
	    PARAMS({ "after", NULL, PARAM_ID, IN_QUERY, .help = "begin after this id" },
		{ "limit", NULL, PARAM_COUNT, IN_QUERY, NUMBERS(1, WIRE_BATCH_MAX),
		    .help = "how many at most; 100 when absent" }, WHERE(IN_QUERY),
		COLLECTION(IN_QUERY),),
	    "vectors", "List items by id", .lines = "items",
	    .example = { .given = "limit=1", .reply = "{\"items\":[" CAT "],\"next\":0}" } },
	{ "GET", "/vec/count", "count", ROUTE_SAFE, 200,
	    PARAMS(WHERE(IN_QUERY), COLLECTION(IN_QUERY),), "vectors",
	    "How many items there are", .example = { .reply = "{\"count\":4}" } },
	{ "POST", "/vec/get", "get", ROUTE_JSON | ROUTE_LARGE | ROUTE_SAFE, 200,
	    PARAMS({ "ids", NULL, PARAM_IDS, IN_BODY, MUST, NUMBERS(1, WIRE_BATCH_MAX),
		.help = "which" },
		{ "with_vector", NULL, PARAM_BOOL, IN_BODY, .help = "their vectors too" },
		{ "base64", NULL, PARAM_BOOL, IN_BODY, .help = "vectors as base64" },
		COLLECTION(IN_BODY),),
	    "vectors", "Get many items", .lines = "items",
	    .example = { .body = "{\"ids\":[0,9]}",
		.reply = "{\"items\":[" CAT "],\"missing\":[9]}" } },
	{ "GET", "/vec/{id}", "get", ROUTE_SAFE, 200,
	    PARAMS({ "id", "ids", PARAM_IDS, IN_PATH, MUST, .help = "of the vector" },
		{ "with_vector", NULL, PARAM_BOOL, IN_QUERY, .help = "its vector too" },
		{ "base64", NULL, PARAM_BOOL, IN_QUERY, .help = "the vector as base64" },
		COLLECTION(IN_QUERY),),
	    "vectors", "Get an item", .answer = shape_one_item,
	    .example = { .given = "id=0", .reply = CAT } },
	{ "PATCH", "/vec/{id}", "update", ROUTE_JSON | ROUTE_LARGE | ROUTE_ONCE, 200,
	    PARAMS(PATH_ID, TEXT("a new text, embedded anew"), VECTOR,
		{ "meta", NULL, PARAM_META_OR_NULL, IN_BODY,
		    .help = "a new one, or null for none" },
		COLLECTION(IN_BODY), REQUEST,),
	    "vectors", "Change an item",
	    .example = { .given = "id=3", .body = "{\"text\":\"How to bake sourdough bread\"}",
		.reply = "{\"id\":3,\"lexical\":true}" } },
	{ "DELETE", "/vec/delete", "delete", ROUTE_ONCE, 200,
	    PARAMS(VEC_ID, COLLECTION(IN_QUERY),), "vectors", "Delete an item",
	    .example = { .given = "vec_id=1", .reply = "{\"deleted\":[1],\"missing\":[]}" } },
	{ "POST", "/vec/delete", "delete", ROUTE_JSON | ROUTE_LARGE | ROUTE_ONCE, 200,
	    PARAMS({ "ids", NULL, PARAM_IDS, IN_BODY, NUMBERS(1, WIRE_BATCH_MAX), .help = "which" },
		{ "keys", NULL, PARAM_KEYS, IN_BODY, NUMBERS(1, WIRE_BATCH_MAX),
		    .help = "or their keys" }, WHERE(IN_BODY),
		COLLECTION(IN_BODY), REQUEST,),
	    "vectors", "Delete many items, by id, by key or by filter",
	    .example = { .body = "{\"keys\":[\"stocks\"]}",
		.reply = "{\"deleted\":[2],\"missing\":[]}" } },
	{ "DELETE", "/vec/{id}", "delete", ROUTE_ONCE, 200,
	    PARAMS(PATH_ID, COLLECTION(IN_QUERY),), "vectors", "Delete an item",
	    .example = { .given = "id=3", .reply = "{\"deleted\":[3],\"missing\":[]}" } },

	{ "GET", "/stats", "stats", ROUTE_SAFE, 200, PARAMS(COLLECTION(IN_QUERY),), "service",
	    "A collection in numbers",
	    .example = { .reply = "{\"collection\":" PAPERS ",\"slots\":5,\"live\":1,\"dead\":4,\"indexed\":1,"
		"\"tail\":0,\"unlinking\":0,\"max_level\":0,\"generation\":0,\"capacity\":1024,"
		"\"file_bytes\":1048612,\"codes\":\"fast\",\"graph_bytes\":4096,\"isa\":\"avx2\",\"read_only\":false,"
		"\"index_note\":\"\",\"build\":null,\"build_note\":\"\","
		"\"daemon\":{\"version\":\"" COOLVEC_VERSION "\",\"uptime\":12,\"connections\":2,"
		"\"open_collections\":1,\"embedder\":{\"calls\":1,\"errors\":0,\"texts\":1,"
		"\"seconds\":0.0001}}}" } },
	{ "POST", "/verify", "verify", ROUTE_JSON | ROUTE_SAFE, 200, PARAMS(COLLECTION(IN_BODY),),
	    "service", "Compare every row with its vector",
	    .example = { .reply = "{\"checked\":1,\"bad\":[],\"nbad\":0,\"unreachable\":0,"
		"\"index\":\"ok\"}" } },
	{ "POST", "/compact", "compact", ROUTE_JSON, 200, PARAMS(WAIT, COLLECTION(IN_BODY),), "service",
	    "Give the space of deleted vectors back",
	    .example = { .reply = BUILT(false) } },
	{ "POST", "/reindex", "reindex", ROUTE_JSON, 200,
	    PARAMS({ "embedder", NULL, PARAM_STRING, IN_BODY, NUMBERS(1, 80),
		.help = "local, words/NAME, ...; when absent the collection's" },
		{ "dim", NULL, PARAM_COUNT, IN_BODY, NUMBERS(1, 16000),
		    .help = "components of a vector" },
		METRIC(IN_BODY, "of the index; when absent the collection's"),
		{ "cancel", NULL, PARAM_BOOL, IN_BODY, .help = "give up what was begun" }, WAIT,
		COLLECTION(IN_BODY),),
	    "service", "Embed all texts anew, maybe by another embedder",
	    .example = { .body = "{\"dim\":256}", .reply = BUILT(true) } },
	{ "GET", "/ping", "ping", ROUTE_OPEN | ROUTE_SAFE, 200, PARAMS(), "service",
	    "Whether the daemon answers",
	    .example = { .reply = "{\"version\":\"" COOLVEC_VERSION
		"\",\"protocol\":1,\"uptime\":12.5}" } },
	{ "DELETE", "/collections/{name}", "collection_drop", 0, 200, PARAMS(PATH_NAME,),
	    "collections", "Remove a collection and all in it",
	    .example = { .given = "name=papers", .reply = "{\"name\":\"papers\",\"count\":1}" } },
	{ "POST", "/auth/logout", "logout", 0, 200, PARAMS(), "accounts", "End the token's session",
	    .example = { .reply = "{\"username\":\"ada\"}" } },
	{ "POST", "/auth/passwd", "passwd", ROUTE_JSON | ROUTE_FORM, 200,
	    PARAMS(SECRET("old_password", 1), SECRET("new_password", WIRE_PASSWORD_MIN),),
	    "accounts", "Change your password; all sessions end",
	    .example = { .body = "{\"old_password\":\"correct horse battery\","
		"\"new_password\":\"staple battery horse\"}", .reply = "{\"username\":\"ada\"}" } },

	{ "GET", "/healthz", NULL, ROUTE_OPEN | ROUTE_HIDDEN, 200, PARAMS(), "service",
	    "Whether this program runs", .answer = page_health,
	    .example = { .reply = "{\"status\":\"ok\"}" } },
	{ "GET", "/readyz", "ping", ROUTE_OPEN | ROUTE_SAFE | ROUTE_HIDDEN, 200, PARAMS(),
	    "service", "Whether requests can be served", .answer = page_ready,
	    .example = { .reply = "{\"status\":\"ready\"}" } },
	{ "GET", "/metrics", "metrics", ROUTE_OPEN | ROUTE_SAFE | ROUTE_HIDDEN, 200, PARAMS(),
	    "service", "Numbers for Prometheus", .answer = page_metrics, .example = { 0 } },
	{ "GET", "/openapi.json", NULL, ROUTE_OPEN | ROUTE_HIDDEN, 200, PARAMS(), "service",
	    "This description", .answer = page_openapi, .example = { 0 } },
	{ "GET", "/docs", NULL, ROUTE_OPEN | ROUTE_HIDDEN, 200, PARAMS(), "service",
	    "This description, to read", .answer = page_docs, .example = { 0 } },
	{ 0 },
};
