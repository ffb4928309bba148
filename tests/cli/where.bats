# --where: filters over meta in list, count, similarity, search and delete.

load helper

setup_file() {
	isolate
	daemon_start
	log_in
	coolvec collection create many --embedder none --dim 16 >/dev/null
	vectors 8000 | coolvec add -c many --jsonl >/dev/null
	until [ "$(coolvec stats -c many --json | jq .tail)" = 0 ]; do :; done
}

teardown_file() {
	daemon_stop
}

setup() {
	isolate
	fresh
}

# N objects with a random vector and meta {"n": place from 0, "s": "s0" to "s6"}.
vectors() {
	awk -v n="$1" 'BEGIN { srand(11); for (i = 0; i < n; i++) { printf "{\"vector\":["
		for (j = 0; j < 16; j++) printf "%s%.4f", j ? "," : "", rand() - .5
		printf "],\"meta\":{\"n\":%d,\"s\":\"s%d\"}}\n", i, i % 7 } }'
}

# Five texts of some languages and years; ids from 0.
texts() {
	coolvec add -c t --jsonl <<-'END' >/dev/null
		{"text": "the cat sat", "meta": {"lang": "en", "year": 2021, "author": {"name": "Ada"}}}
		{"text": "the cat ran", "meta": {"lang": "en", "year": 1999, "draft": true}}
		{"text": "die Katze", "meta": {"lang": "de", "year": 2021}}
		{"text": "the cat sat again", "meta": {"lang": "en", "year": 2022, "draft": false}}
		{"text": "the cat without a meta"}
	END
}

@test "list and count take what passes" {
	texts
	[ "$(coolvec list -c t --where 'lang = "en" and year >= 2020 and not draft' | cut -f1)" = $'0\n3' ]
	[ "$(coolvec count -c t --where 'not exists(lang)')" = 1 ]
	[ "$(coolvec count -c t --where 'author.name in ("Ada", "Grace")')" = 1 ]
	[ "$(coolvec count -c t --where 'lang like "_e"')" = 1 ]
	[ "$(coolvec count -c t --where 'lang = "fr"' --json)" = '{"count":0}' ]
	run --separate-stderr -0 coolvec list -c t --where 'lang = "fr"'
	[ -z "$output$stderr" ]
}

@test "list goes on after a page of what passes" {
	[ "$(coolvec list -c many --where 's = "s3"' | wc -l)" = 1143 ]
	[ "$(coolvec list -c many --where 'n >= 7990' --limit 3 --after 7991 | cut -f1)" = $'7992\n7993\n7994' ]
	[ "$(coolvec list -c many --where 'n < 2500' | cut -f1 | sort -nu | wc -l)" = 2500 ]
}

@test "similarity and search find the nearest of what passes" {
	texts
	[ "$(coolvec search -c t "the cat sat" --where 'year = 2021' | cut -f1)" = $'0\n2' ]
	[ "$(coolvec search -c t "the cat sat" --where 'not (year = 2021)' -k 1 | cut -f1)" = 3 ]
	[ "$(coolvec similarity -c t 0 --where 'lang = "en"' | cut -f1 | sort)" = $'1\n3' ]
	[ -z "$(coolvec search -c t cat --where 'lang = "fr"')" ]
}

@test "what a filter lets through is found, however few that is" {
	vectors 20 | jq -c .vector >queries
	for where in 'n < 4000' 'n < 400' 'n >= 5000 and n < 5040' 'n = 77' 's = "s5" and n > 100'; do
		coolvec similarity -c many --vector queries -k 10 --where "$where" --json |
			jq -c '[.query, .id]' | sort >found
		coolvec similarity -c many --vector queries -k 10 --where "$where" --exact --json |
			jq -c '[.query, .id]' | sort >true
		[ "$(wc -l <found)" = "$(wc -l <true)" ]
		# of the true neighbours at least 98 %
		[ "$(comm -12 found true | wc -l)" -ge $(($(wc -l <true) * 98 / 100)) ]
	done
	[ "$(coolvec similarity -c many --vector queries -k 10 --where 'n = 77' | wc -l)" = 20 ]
}

@test "a filter asked again knows what came, went and changed meanwhile" {
	coolvec collection drop t --yes >/dev/null
	coolvec collection create t --embedder none --dim 2 >/dev/null
	near() {
		echo '[1,0]' | coolvec similarity -c t --vector - -k 10 --where 'a = 1' | cut -f1 | tr '\n' ' '
	}
	add() {
		echo "{\"vector\":$1,\"meta\":$2}" | coolvec add -c t --jsonl >/dev/null
	}
	add '[1,0]' '{"a":1}'
	add '[1,0.1]' '{"a":2}'
	[ "$(near)" = "0 " ]
	add '[1,0.2]' '{"a":1}'
	[ "$(near)" = "0 2 " ]
	coolvec update -c t 1 --meta '{"a":1}' >/dev/null
	[ "$(near)" = "0 1 2 " ]
	coolvec update -c t 0 --meta null >/dev/null
	[ "$(near)" = "1 2 " ]
	echo '[0,1]' >v
	coolvec update -c t 1 --vector v >/dev/null
	[ "$(near)" = "2 1 " ]
	coolvec delete -c t 2 >/dev/null
	[ "$(near)" = "1 " ]
	echo '{"vector":[0,1],"key":"k","meta":{"a":1}}' | coolvec add -c t --jsonl >/dev/null
	[ "$(near)" = "1 3 " ]
	echo '{"vector":[0,1],"key":"k","meta":{"a":3}}' | coolvec add -c t --jsonl >/dev/null
	[ "$(near)" = "1 " ]
}

@test "filters beyond those that are remembered are right too" {
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 1 2 3 4 5 6 7 8 9 10 11 12; do
		[ "$(coolvec similarity -c many 0 --where "n = $n" | cut -f1)" = "$n" ]
	done
}

@test "delete --where deletes all that pass, and prints their ids" {
	texts
	[ "$(coolvec delete -c t --where 'year = 2021')" = $'0\n2' ]
	[ "$(coolvec list -c t | cut -f1)" = $'1\n3\n4' ]
	run --separate-stderr -0 coolvec delete -c t --where 'year = 2021'
	[ -z "$output$stderr" ]
	[ "$(coolvec verify -c t --json | jq .checked)" = 3 ]
}

@test "delete --where of more than an answer lists says how many" {
	coolvec collection drop t --yes >/dev/null
	coolvec collection create t --embedder none --dim 16 >/dev/null
	vectors 10500 | coolvec add -c t --jsonl >/dev/null
	run --separate-stderr -0 env COOLVEC_QUIET=0 "$build/coolvec" delete -c t --where 'n < 10400'
	[ "${#lines[@]}" = 10000 ]
	[ "$stderr" = "coolvec: 10400 items were deleted; only the first are listed" ]
	[ "$(coolvec list -c t | cut -f1 | tr '\n' ' ')" = "$(seq -s ' ' 10400 10499) " ]
	[ "$(coolvec count -c t)" = 100 ]
	[ "$(coolvec similarity -c t 10450 -k 200 | wc -l)" = 99 ]
}

@test "what is no filter is refused with the place, status 2" {
	for c in "list" "count" "delete" "search cat"; do
		# shellcheck disable=SC2086
		run --separate-stderr -2 coolvec $c -c t --where 'lang = "en'
		[ "$stderr" = "coolvec: where: at character 8: the string that begins here does not end" ]
	done
	run -2 coolvec count -c t --where ''
	run -2 coolvec count -c t --where "$(head -c 5000 /dev/zero | tr '\0' x)"
	run -2 coolvec count -c t --where $'a = "\xff"'
	run -2 coolvec delete -c t --where a 3
	run -2 coolvec delete -c t --where a --key k
}

@test "a filter cannot reach into another's collection, or out of its own" {
	texts
	for where in "lang = 'x' or 1 = 1" 'a) or (1' "\`x') or ('1\`" "lang = \"x' or '1\""; do
		run coolvec count -c t --where "$where"
		[ "$output" = 0 ] || [ "$status" = 2 ]
	done
	[ "$(coolvec count -c t --where 'not zzz')" = 5 ]
}
