# tokens.bats - every operation with every token that must not open it; the keys' change.

load wire

setup() {
	place
	export dir=$BATS_TEST_TMPDIR
	export sock=$dir/s data=$dir/data log=$dir/log COOLVEC_SNAPSHOT_DIRS=$dir
}

teardown() {
	cleanup
}

base64url() {
	base64 -w0 | tr '/+' '_-' | tr -d =
}

# forge HEADER CLAIMS KEYFILE [DIGEST]: a token signed with a key.
forge() {
	local h b
	h=$(printf %s "$1" | base64url)
	b=$(printf %s "$2" | base64url)
	printf '%s.%s.%s' "$h" "$b" "$(printf '%s.%s' "$h" "$b" | openssl dgst "-${4:-sha256}" -mac HMAC \
		-macopt "hexkey:$(od -An -tx1 -v "$3" | tr -d ' \n')" -binary | base64url)"
}

claim() {	# TOKEN NAME
	local body
	body=$(cut -d. -f2 <<<"$1" | tr '_-' '/+')
	while [ $((${#body} % 4)) -ne 0 ]; do body+==; done
	base64 -d <<<"$body" | jq -r ".$2"
}

kid() {
	local head
	head=$(cut -d. -f1 <<<"$1" | tr '_-' '/+')
	while [ $((${#head} % 4)) -ne 0 ]; do head+==; done
	base64 -d <<<"$head" | jq -r .kid
}

# Every operation that needs a token, one a line, with arguments that are good.
closed() {
	cat <<-'E'
		logout {}
		passwd {"old_password":"a long password","new_password":"another password"}
		whoami {}
		prefs {"metric":"l2"}
		collection_create {"name":"mine"}
		collection_list {}
		collection_show {"name":"default"}
		collection_drop {"name":"default"}
		add {"text":"planted"}
		get {"ids":[0]}
		list {}
		update {"id":0,"text":"planted"}
		delete {"id":0}
		similarity {"id":0}
		distance {"id1":0,"id2":1}
		embed {"texts":["a"]}
		count {}
		stats {}
		verify {}
		compact {}
		reindex {"metric":"l2"}
	E
}

@test "every operation x no token, expired, forged, other algorithm, revoked, of a deleted user" {
	serve
	local now sid claims kid row bad revoked gone other
	token=$(account ada)
	gone=$(account gone)
	works add '{"items":[{"text":"one"},{"text":"two"}]}'
	revoked=$(login ada)
	works logout '{}' "$revoked"
	stop
	sqlite3 "$data/meta.db" "delete from users where name = 'gone'"	# its session stays behind
	serve
	now=$(date +%s) sid=$(claim "$token" jti) kid=$(kid "$token")
	other=$dir/other.key
	head -c 32 /dev/urandom >"$other"
	claims="{\"iss\":\"coolvec\",\"sub\":\"ada\",\"jti\":\"$sid\",\"iat\":$((now - 60)),\"exp\":$((now + 600))}"
	works whoami '{}' "$(forge "{\"alg\":\"HS256\",\"kid\":\"$kid\"}" "$claims" "$data/secret.key")"
	works whoami '{}' "$(forge '{"alg":"HS256"}' "$claims" "$data/secret.key")"
	# 20 rows that must be refused
	cat >"$dir/tokens" <<-E
		none
		expired $(forge '{"alg":"HS256"}' "${claims/$((now + 600))/$now}" "$data/secret.key")
		no_exp $(forge '{"alg":"HS256"}' "${claims/,\"exp\":$((now + 600))/}" "$data/secret.key")
		forged $(forge '{"alg":"HS256"}' "$claims" "$other")
		forged_with_kid $(forge "{\"alg\":\"HS256\",\"kid\":\"$kid\"}" "$claims" "$other")
		kid_of_nobody $(forge '{"alg":"HS256","kid":"AAAAAAAAAAA"}' "$claims" "$data/secret.key")
		kid_a_path $(forge '{"alg":"HS256","kid":"../../dev/null"}' "$claims" "$data/secret.key")
		kid_empty $(forge '{"alg":"HS256","kid":""}' "$claims" "$data/secret.key")
		alg_none $(printf '{"alg":"none"}' | base64url).$(printf %s "$claims" | base64url).
		alg_none_signed $(forge '{"alg":"none"}' "$claims" "$data/secret.key")
		alg_hs512 $(forge '{"alg":"HS512"}' "$claims" "$data/secret.key" sha512)
		alg_hs384 $(forge '{"alg":"HS384"}' "$claims" "$data/secret.key" sha384)
		alg_rs256 $(forge '{"alg":"RS256"}' "$claims" "$data/secret.key")
		alg_missing $(forge '{"typ":"JWT"}' "$claims" "$data/secret.key")
		revoked $revoked
		deleted_user $gone
		other_user $(forge '{"alg":"HS256"}' "${claims/ada/eve}" "$data/secret.key")
		other_issuer $(forge '{"alg":"HS256"}' "${claims/coolvec/others}" "$data/secret.key")
		session_of_nobody $(forge '{"alg":"HS256"}' "${claims/$sid/0123456789abcdef0123456789abcdef}" "$data/secret.key")
		from_the_future $(forge '{"alg":"HS256"}' "${claims/\"iat\":$((now - 60))/\"iat\":$((now + 300))}" "$data/secret.key")
		cut ${token%?????}
	E
	[ "$(wc -l <"$dir/tokens")" -ge 20 ]
	while read -r row bad; do
		closed | jq -Rc --arg token "$bad" 'capture("^(?<op>[a-z_]+) (?<args>.*)$") |
			{op, args: (.args | fromjson)} + (if $token == "" then {} else {token: $token} end)' | wire >"$dir/answers"
		[ "$(jq -c 'select(.ok == false and .error.name == "unauthenticated")' "$dir/answers" | wc -l)" -eq 21 ] ||
			{ echo "$row" >&2; cat "$dir/answers" >&2; return 1; }
	done <"$dir/tokens"
	# nothing has happened, and the good token is still one
	same '{"count":2}' "$(works count)"
	works prefs | jq -e '.metric == "cosine"'
	# the list above is all there is
	same "$(sed -n '/^const struct op ops/,/^};/p' "$root/daemon/ops.c" | grep -oE '^	\{ "[a-z_]+"' | grep -oE '[a-z_]+' |
		grep -vxE 'ping|metrics|register|login|snapshot' | sort)" "$(closed | cut -d' ' -f1 | sort)"
	stop
}

@test "passwd ends every session" {
	serve
	local a b
	token=$(account ada)
	a=$(login ada) b=$(login ada)
	works passwd '{"old_password":"a long password","new_password":"another password"}' "$a"
	fails unauthenticated whoami '{}' "$token"
	fails unauthenticated whoami '{}' "$a"
	fails unauthenticated whoami '{}' "$b"
	stop
}

@test "a new secret.key, and the old one for as long as its tokens live" {
	serve
	local old new
	old=$(account ada)
	run -1 "$build/coolvecd" --env /dev/null --data "$data" --rotate-key
	[[ $output == *"has $data"* ]]		# not under a running daemon
	stop
	"$build/coolvecd" --env /dev/null --data "$data" --rotate-key
	[ "$(stat -c %a "$data/secret.key")$(stat -c %a "$data/secret.key.old")" = 600600 ]
	serve
	works whoami '{}' "$old"
	new=$(login ada)
	[ "$(kid "$old")" != "$(kid "$new")" ]
	works whoami '{}' "$new"
	stop
	touch -d '2 hours ago' "$data/secret.key.old"
	serve
	works whoami '{}' "$new"
	fails unauthenticated whoami '{}' "$old"
	stop
}

@test "SECRET_KEY and SECRET_KEY_OLD" {
	local old new a=0123456789abcdef0123456789abcdef b=fedcba9876543210fedcba9876543210
	serve SECRET_KEY=$a
	old=$(account ada)
	stop
	serve SECRET_KEY=$b SECRET_KEY_OLD=$a
	works whoami '{}' "$old"
	new=$(login ada)
	stop
	serve SECRET_KEY=$b
	works whoami '{}' "$new"
	fails unauthenticated whoami '{}' "$old"
	stop
	run -1 env SECRET_KEY_OLD=$a "$build/coolvecd" --env /dev/null --data "$data"
	[[ $output == *"SECRET_KEY_OLD is set without SECRET_KEY"* ]]
	run -1 env SECRET_KEY=$a SECRET_KEY_OLD=short "$build/coolvecd" --env /dev/null --data "$data"
	[[ $output == *"SECRET_KEY_OLD has 5 bytes"* && $output != *short* ]]
}
