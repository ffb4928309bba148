# wire_types.jq - every argument of every operation with values of every wrong kind.
#
# Reads $token; writes one object a line: {want: NAME, about: ARGUMENT, request: {...}}.  The good
# arguments of a row would be carried out or answered not_found; whatever is wrong must be refused
# before, so nothing here changes anything.

def many(n; x): [range(n) | x];
def string(n): many(n; "x") | add;

# NAME -> values that are no NAME.
def wrong: {
	id: [-1, 1.5, "1", null, true, [], {}],
	ids: [1, "x", null, true, {}, [], [-1], [1.5], ["1"], [null], [[1]]],
	metric: ["", "L2", "cos", 2, null, true, [], {}, "l2\u0000"],
	codes: ["", "FAST", "none", "sq8", 2, null, true, [], {}, "small\u0000"],
	name: ["", "-a", "_a", "a b", "a/b", "..", "\u00e4", "a\u0000", string(64), 7, null, true, [], {}],
	username: ["", ".a", "a b", "a/b", "\u00e4", "a\u0000", string(64), 7, null, true, [], {}],
	word: ["", "a\u0000b", string(300), 7, null, true, [], {}],
	password: ["", "1234567", string(129), "12345678\u0000", 7, null, true, [], {}],
	text: ["", 7, null, true, [], {}],
	texts: ["x", 7, null, {}, [], [""], [7], [null], ["a", ["b"]]],
	vector: [7, null, true, {}, "!", "AAA", "AACAPw==x", [1, "2", 3], [1, null, 3], [[1], 2, 3],
		[0, 0, 0], [1, 2, 1e39], [1, 2, -1e300], "AACAPwAAgD8AAIA", "AACAPwAAgD8AAIA_"],
	meta: [7, true, "{}", [], [{}]],
	keys: ["k", 7, null, {}, [], [""], [7], ["a\u0000"], [string(256)]],
	items: [{}, "x", 7, null, []],
	where: ["", "a\u0000b", string(4097), 7, null, true, [], {}, "a =", "(a", "a = \u0027", "a < null"],
	path: ["", "a\u0000b", string(4001), 7, null, true, [], {}, "relative", "/"],
	bool: [0, 1, "true", null, [], {}],
	k: [0, -1, 1.5, 10001, 1e9, "5", null, true, [], {}],
	dim: [0, -1, 2.5, 16001, "3", null, [], {}],
	M: [3, 65, 16.5, "16", null, []],
	efc: [7, 4001, 200.5, "200", null, []],
	fields: ["text", 7, null, {}, [], [""], [7], ["distance"], ["text", "TEXT"]]
};

# Operation, good arguments, and for each argument what kind it is.
def operations: [
	["ping", {}, {}],
	["register", {username: "zoe", password: "12345678"}, {username: "username", password: "password"}],
	["login", {username: "zoe", password: "12345678"}, {username: "word", password: "word"}],
	["passwd", {old_password: "x", new_password: "12345678"}, {old_password: "word", new_password: "password"}],
	["logout", {}, {}],
	["whoami", {}, {}],
	["prefs", {}, {metric: "metric", collection: "name"}],
	["collection_create", {name: "zzz"}, {name: "name", metric: "metric", embedder: "word", dim: "dim",
		codes: "codes", M: "M", ef_construction: "efc"}],
	["collection_list", {}, {}],
	["collection_show", {}, {name: "name"}],
	["collection_drop", {name: "zzz"}, {name: "name"}],
	["add", {collection: "v"}, {vector: "vector"}],
	["add", {text: "x"}, {text: "text", key: "word", meta: "meta", collection: "name", request_id: "word"}],
	["add", {collection: "v"}, {items: "items"}],
	["get", {ids: [0]}, {ids: "ids", with_vector: "bool", base64: "bool", collection: "name"}],
	["list", {}, {after: "id", limit: "k", where: "where", collection: "name"}],
	["update", {collection: "v", id: 0}, {vector: "vector"}],
	["update", {id: 99, text: "x"}, {id: "id", text: "text", meta: "meta", collection: "name", request_id: "word"}],
	["delete", {}, {id: "id", ids: "ids", keys: "keys", where: "where"}],
	["delete", {id: 99}, {collection: "name", request_id: "word"}],
	["similarity", {collection: "v"}, {vector: "vector"}],
	["similarity", {}, {id: "id", text: "text"}],
	["similarity", {id: 99}, {k: "k", ef: "k", exact: "bool", metric: "metric", fields: "fields", where: "where",
		collection: "name"}],
	["distance", {id1: 99, id2: 99}, {id1: "id", id2: "id", metric: "metric", collection: "name"}],
	["embed", {texts: ["x"]}, {texts: "texts", collection: "name"}],
	["count", {}, {where: "where", collection: "name"}],
	["stats", {}, {collection: "name"}],
	["verify", {}, {full: "bool", repair: "bool", collection: "name"}],
	["compact", {}, {wait: "bool", collection: "name"}],
	["reindex", {}, {embedder: "word", dim: "dim", metric: "metric", cancel: "bool", wait: "bool",
		collection: "name"}],
	["metrics", {}, {}],
	["snapshot", {}, {path: "path"}]
];

def request(op; args): {op: op, token: $token, args: args};

operations[] | . as [$op, $good, $kinds] |
	# an argument there is none of, and args that are no object
	{want: "bad_request", about: "surplus", request: request($op; $good + {surplus: 1})},
	(({}, 7, "x", null, true, []) | select(. != {}) |
		{want: "bad_request", about: "args", request: {op: $op, token: $token, args: .}}),
	# each argument wrong
	($kinds | to_entries[] | . as {$key, $value} | wrong[$value][] |
		{want: "bad_request", about: $key, request: request($op; $good + {($key): .})}),
	# each required argument missing
	(if $op | IN("register", "login", "passwd", "collection_create", "collection_drop", "get", "distance", "embed")
		then $good | keys[] as $missing | {want: "bad_request", about: $missing,
			request: request($op; $good | del(.[$missing]))}
		else empty end)
