#!/bin/bash
# replay.sh - ask every example of /openapi.json and compare what comes with what it promises.
#
# usage: replay.sh URL < openapi.json
#
# The examples tell a story, in the order of x-order, that begins with a daemon without users.  An
# answer is compared by status and by shape: the same members, each of the same type; of an array the
# first member counts.
set -eu
url=$1
user=ada password='correct horse battery'
failed=0

# One line an operation: method, path with its query, media type of the body, body, status, reply.
examples=$(jq -c '[.paths | to_entries[] | .key as $path | .value | to_entries[] | .value + {method: .key, path: $path}]
	| sort_by(."x-order")[]
	| (reduce (.parameters[] | select(.in == "path")) as $p (.path; sub("\\{" + $p.name + "\\}"; $p.example | tostring))) as $path
	| ([.parameters[] | select(.in == "query" and has("example")) | "\(.name)=\(.example)"] | join("&")) as $query
	| (.responses | to_entries[] | select(.key | startswith("2"))) as $good
	| {method: (.method | ascii_upcase), id: .operationId, open: (.security == []),
	   target: (if $query == "" then $path else $path + "?" + $query end),
	   types: (.requestBody.content // {} | to_entries | map(select(.value | has("example"))) | map({type: .key, body: .value.example})),
	   status: $good.key, reply: $good.value.content["application/json"].example}')

token() {
	curl -sS -d "username=$user" --data-urlencode "password=$password" "$url/auth/login" | jq -r .access_token
}

# The body of an example, as curl's options.
options() {
	local type=$1 body=$2
	case $type in
	application/json) options=(-H "Content-Type: $type" --data-binary "$body") ;;
	*) options=()
		local flag=--data-urlencode
		[ "$type" = multipart/form-data ] && flag=--form-string
		while IFS= read -r pair; do options+=("$flag" "$pair"); done \
			< <(jq -r 'to_entries[] | "\(.key)=\(.value)"' <<<"$body") ;;
	esac
}

# null in an example is what may be missing: anything may be there.
# shellcheck disable=SC2016 # these are jq's
fits='def fits($a): if . == null then true elif type != ($a | type) then false
	elif type == "object" then keys == ($a | keys) and (. as $e | all(keys[]; . as $k | $e[$k] | fits($a[$k])))
	elif type == "array" then length == 0 or (($a | length) > 0 and (.[0] | fits($a[0]))) else true end;
	.reply | fits($answer[0])'

check() {
	local example=$1 what want
	shift
	what=$(jq -r '"\(.method) \(.target)"' <<<"$example")
	want=$(jq -r .status <<<"$example")
	status=$(curl -sS -o "$reply" -w '%{http_code}' -X "${what%% *}" "$@" "$url${what#* }")
	if [ "$status" != "$want" ]; then
		echo "$what: status $status, not $want: $(cat "$reply")"
		failed=1
	elif ! jq -e --slurpfile answer "$reply" "$fits" <<<"$example" >/dev/null 2>&1 \
		&& [ "$(jq .reply <<<"$example")" != null ]; then
		echo "$what: the answer is not like the example: $(cat "$reply")"
		failed=1
	fi
	n=$((n + 1))
}

reply=$(mktemp)
trap 'rm -f "$reply"' EXIT
n=0
while IFS= read -r example; do
	auth=()
	[ "$(jq .open <<<"$example")" = true ] || auth=(-H "Authorization: Bearer $(token)")
	types=$(jq '.types | length' <<<"$example")
	if [ "$types" = 0 ]; then
		check "$example" "${auth[@]}"
		continue
	fi
	# What can be done once only is asked in its first form.
	[ "$(jq -r '.id | test("login|token")' <<<"$example")" = true ] || types=1
	for ((i = 0; i < types; i++)); do
		options "$(jq -r ".types[$i].type" <<<"$example")" "$(jq -c ".types[$i].body" <<<"$example")"
		check "$example" "${auth[@]}" "${options[@]}"
	done
done <<<"$examples"
echo "$n examples"
[ "$failed" = 0 ]
