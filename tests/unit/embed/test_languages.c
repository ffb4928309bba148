/*
 * test_languages.c - near-paraphrases rank above unrelated sentences, in many languages.
 *
 * Each language has pairs that say nearly the same, all on different subjects.  Every sentence must
 * find its partner first among all the others of its language, function words notwithstanding.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "embed.h"

#define PAIRS 6
#define TEXTS ((size_t)PAIRS * 2)
#define DIM EMBED_LOCAL_DIM_DEFAULT

static struct embedder *embedder;

static void
embed(const char *s, float *out)
{
	struct embed_text t = { s, strlen(s) };
	struct err err = { 0 };
	size_t bad;

	if (embedder_embed(embedder, &t, 1, out, &bad, &err) != 0)
		fail_msg("%s: %s", s, err.text);
}

static double
similarity_of(const float *a, const float *b)
{
	double sum = 0;

	for (size_t i = 0; i < DIM; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

static double
similarity(const char *a, const char *b)
{
	float va[DIM], vb[DIM];

	embed(a, va);
	embed(b, vb);
	return similarity_of(va, vb);
}

static void
assert_partners_first(const char *const texts[TEXTS])
{
	static float v[TEXTS][DIM];

	for (size_t i = 0; i < TEXTS; i++)
		embed(texts[i], v[i]);
	for (size_t i = 0; i < TEXTS; i++) {
		double own = similarity_of(v[i], v[i ^ 1]);

		for (size_t k = 0; k < TEXTS; k++) {
			double other = similarity_of(v[i], v[k]);

			if (k != i && k != (i ^ 1) && other >= own)
				fail_msg("\"%s\": %.3f to \"%s\", %.3f to \"%s\"", texts[i], own,
				    texts[i ^ 1], other, texts[k]);
		}
	}
}

static void
test_english(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"The cat is sleeping on the sofa.", "A cat sleeps on a sofa.",
		"The bank raised interest rates again.", "The bank's interest rates were raised.",
		"It will rain in the north tomorrow.", "Rain is expected tomorrow in the north.",
		"She bought two tickets for the concert.", "Two concert tickets are now hers.",
		"The doctor told him to stop smoking.", "He was told by a doctor not to smoke.",
		"The new bridge will be opened in June.", "They open the new bridge in June." });
}

static void
test_german(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"Die Katze schläft auf dem Sofa.", "Auf dem Sofa liegt eine schlafende Katze.",
		"Die Bank hat die Zinsen wieder erhöht.", "Die Zinsen wurden von der Bank erhöht.",
		"Morgen soll es im Norden regnen.", "Im Norden wird morgen Regen erwartet.",
		"Sie kaufte zwei Karten für das Konzert.", "Zwei Konzertkarten hat sie gekauft.",
		"Der Arzt rät ihm, nicht zu rauchen.", "Das Rauchen hat ihm der Arzt verboten.",
		"Die neue Brücke wird im Juni eröffnet.", "Im Juni eröffnet die neue Brücke." });
}

static void
test_french(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"Le chat dort sur le canapé.", "Un chat est en train de dormir sur un canapé.",
		"La banque a relevé ses taux d'intérêt.", "Les taux de la banque sont relevés.",
		"On attend de la pluie demain dans le nord.", "Il y aura de la pluie au nord.",
		"Elle a acheté deux billets pour le concert.", "Elle a deux billets de concert.",
		"Le médecin lui a dit d'arrêter de fumer.", "Son médecin lui interdit de fumer.",
		"Le nouveau pont sera ouvert en juin.", "On ouvre le nouveau pont en juin." });
}

static void
test_spanish(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"El gato duerme en el sofá.", "Hay un gato durmiendo sobre el sofá.",
		"El banco ha subido otra vez los tipos de interés.", "El banco sube los tipos.",
		"Mañana va a llover en el norte.", "Se espera lluvia mañana en el norte.",
		"Ella compró dos entradas para el concierto.", "Compró las entradas del concierto.",
		"El médico le dijo que dejara de fumar.", "Su médico le ha prohibido fumar.",
		"El nuevo puente se abrirá en junio.", "En junio abrirán el puente nuevo." });
}

static void
test_russian(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"Кошка спит на диване.", "На диване лежит спящая кошка.",
		"Банк снова повысил процентные ставки.", "Процентные ставки повышены банком.",
		"Завтра на севере будет дождь.", "На севере завтра ожидаются дожди.",
		"Она купила два билета на концерт.", "Два билета на концерт были куплены ею.",
		"Врач сказал ему бросить курить.", "Врачи запретили ему курить.",
		"Новый мост откроют в июне.", "Открытие нового моста состоится в июне." });
}

static void
test_greek(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"Η γάτα κοιμάται στον καναπέ.", "Μια γάτα κοιμόταν πάνω στον καναπέ.",
		"Η τράπεζα αύξησε ξανά τα επιτόκια.", "Αυξήθηκαν τα επιτόκια της τράπεζας.",
		"Αύριο θα βρέξει στον βορρά.", "Βροχή αναμένεται αύριο στο βορρά.",
		"Αγόρασε δύο εισιτήρια για τη συναυλία.", "Δύο εισιτήρια συναυλίας αγόρασε.",
		"Ο γιατρός του είπε να κόψει το κάπνισμα.", "Το κάπνισμα απαγόρευσε ο γιατρός.",
		"Η νέα γέφυρα θα ανοίξει τον Ιούνιο.", "Τον Ιούνιο ανοίγει η νέα γέφυρα." });
}

static void
test_arabic(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"القطة نائمة على الأريكة", "تنام قطة فوق أريكة",
		"رفع البنك أسعار الفائدة مرة أخرى", "البنك يرفع سعر الفائدة",
		"من المتوقع هطول أمطار غدا في الشمال", "ستهطل الأمطار غداً شمالاً",
		"اشترت تذكرتين للحفلة الموسيقية", "اشترت تذاكر الحفلة",
		"نصحه الطبيب بالإقلاع عن التدخين", "الطبيب منعه من التدخين",
		"سيفتتح الجسر الجديد في يونيو", "افتتاح جسر جديد في شهر يونيو" });
}

static void
test_hebrew(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"החתול ישן על הספה", "חתול ישן על ספה",
		"הבנק העלה שוב את הריבית", "הריבית בבנק עלתה שוב",
		"מחר צפוי גשם בצפון", "בצפון ירד מחר גשם",
		"היא קנתה שני כרטיסים להופעה", "שני כרטיסים להופעה נקנו",
		"הרופא אמר לו להפסיק לעשן", "הרופא אסר עליו לעשן",
		"הגשר החדש ייפתח ביוני", "ביוני ייפתח גשר חדש" });
}

static void
test_hindi(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"बिल्ली सोफे पर सो रही है", "सोफे पर एक बिल्ली सोई है",
		"बैंक ने फिर से ब्याज दरें बढ़ाईं", "बैंक की ब्याज दर बढ़ गई",
		"कल उत्तर में बारिश होगी", "उत्तर में कल बारिश की संभावना है",
		"उसने संगीत कार्यक्रम के दो टिकट खरीदे", "संगीत कार्यक्रम के टिकट खरीदे गए",
		"डॉक्टर ने उसे धूम्रपान छोड़ने को कहा", "डॉक्टर ने धूम्रपान मना किया",
		"नया पुल जून में खुलेगा", "जून में नए पुल का उद्घाटन" });
}

static void
test_chinese(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"猫在沙发上睡觉。", "有一只猫睡在沙发上。",
		"银行再次提高了利率。", "利率又被银行提高了。",
		"明天北方会下雨。", "预计北方明天有雨。",
		"她买了两张音乐会的票。", "她的音乐会门票买好了。",
		"医生叫他戒烟。", "医生说他必须戒烟了。",
		"新的大桥将在六月开通。", "六月份新大桥就要开通了。" });
}

static void
test_japanese(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"猫がソファーで寝ています。", "ソファーの上で猫が寝ている。",
		"銀行がまた金利を引き上げた。", "金利は銀行によって引き上げられました。",
		"明日は北部で雨が降るでしょう。", "北部では明日、雨になりそうです。",
		"彼女はコンサートの切符を二枚買った。", "コンサートの切符を買いました。",
		"医者は彼にたばこをやめるように言った。", "たばこは医者に止められています。",
		"新しい橋は六月に開通します。", "六月に新しい橋が開通する。" });
}

static void
test_korean(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"고양이가 소파에서 자고 있다.", "소파 위에서 고양이가 잔다.",
		"은행이 금리를 다시 올렸다.", "은행의 금리가 또 올랐다.",
		"내일 북쪽에 비가 올 것이다.", "북쪽은 내일 비가 옵니다.",
		"그녀는 콘서트 표를 두 장 샀다.", "콘서트 표를 샀습니다.",
		"의사가 그에게 담배를 끊으라고 했다.", "담배는 의사가 금지했다.",
		"새 다리는 유월에 개통된다.", "유월에 다리가 새로 개통됩니다." });
}

static void
test_thai(void **state)
{
	(void)state;
	assert_partners_first((const char *const[]){
		"แมวกำลังนอนหลับบนโซฟา", "มีแมวนอนอยู่บนโซฟา",
		"ธนาคารขึ้นอัตราดอกเบี้ยอีกครั้ง", "อัตราดอกเบี้ยของธนาคารสูงขึ้น",
		"พรุ่งนี้ฝนจะตกทางภาคเหนือ", "ภาคเหนือจะมีฝนพรุ่งนี้",
		"เธอซื้อตั๋วคอนเสิร์ตสองใบ", "ตั๋วคอนเสิร์ตถูกซื้อไปแล้ว",
		"หมอบอกให้เขาเลิกสูบบุหรี่", "เขาต้องเลิกบุหรี่ตามที่หมอสั่ง",
		"สะพานใหม่จะเปิดในเดือนมิถุนายน", "เดือนมิถุนายนจะเปิดสะพานแห่งใหม่" });
}

/* A word that is a function word elsewhere keeps its full say where it has a meaning. */
static void
test_words_with_two_lives(void **state)
{
	(void)state;
	/* "die" and "son" among English words, then as German and French function words. */
	assert_true(similarity("they die in war", "soldiers die in wars") >
	    similarity("they die in war", "they live in peace"));
	assert_true(similarity("her son is ill", "the son was ill") >
	    similarity("her son is ill", "her mother is ill"));
	assert_true(similarity("die Katze ist auf dem Dach", "auf dem Dach ist eine Katze") >
	    similarity("die Katze ist auf dem Dach", "die Frau ist auf dem Markt"));
	assert_true(similarity("son chat est sur le toit", "un chat est sur le toit") >
	    similarity("son chat est sur le toit", "son frère est sur le quai"));
	/* "was" and "on" are English function words and German "what", French "one". */
	assert_true(similarity("was kostet das Buch", "wie viel kostet dieses Buch") >
	    similarity("was kostet das Buch", "was macht das Kind"));
	assert_true(similarity("on mange du pain", "nous mangeons le pain") >
	    similarity("on mange du pain", "on vend une maison"));
	/* Chinese 的 is a particle; in Japanese it is part of words. */
	assert_true(similarity("この目的は何ですか", "目的を教えて") >
	    similarity("この目的は何ですか", "この値段は何ですか"));
}

/* Two sentences that have only function words in common have little in common. */
static void
test_function_words_are_faint(void **state)
{
	static const char *const cases[][3] = {
		/* one thing; another, said with the same function words; the first without them */
		{ "the dog is in the garden with a ball",
		    "the train is in the station with a delay",
		    "dog garden ball" },
		{ "der Hund ist mit einem Ball in dem Park",
		    "der Zug ist mit einem Gast in dem Tunnel",
		    "Hund Ball Park" },
		{ "il est dans le jardin avec un chien",
		    "elle est dans le train avec un livre",
		    "jardin chien" },
		{ "el perro está en el parque con la pelota",
		    "el tren está en el andén con la puerta",
		    "perro parque pelota" },
		{ "il cane è nel parco con la palla",
		    "il treno è nel tunnel con la gente",
		    "cane parco palla" },
		{ "o cão está no parque com uma bola",
		    "o trem está no túnel com uma porta",
		    "cão parque bola" },
		{ "het is een hond met een bal in het park",
		    "het is een trein met een gat in het dak",
		    "hond bal park" },
		{ "она была в парке и с собакой", "она была в школе и с книгой", "парк собака" },
		{ "这是我的猫", "这是我的书", "猫" },
		{ "これは私の猫です", "これは私の本です", "猫" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double same = similarity(cases[i][0], cases[i][2]);
		double other = similarity(cases[i][0], cases[i][1]);

		if (same <= other + 0.15)
			fail_msg("\"%s\": %.3f to \"%s\", %.3f to \"%s\"", cases[i][0], same,
			    cases[i][2], other, cases[i][1]);
	}
}

/* The article is written onto the word; without it a word is the same, and others no nearer. */
static void
test_arabic_article(void **state)
{
	(void)state;
	assert_true(similarity("الكتاب", "كتاب") > 0.99);
	assert_true(similarity("والكتاب", "كتاب") > 0.99);
	assert_true(similarity("المدرسة", "الكتاب") < 0.2);
}

static void
test_misspelling_stays_near(void **state)
{
	(void)state;
	assert_true(similarity("accommodation", "acommodation") >
	    similarity("accommodation", "accordion"));
	assert_true(similarity("Donaudampfschifffahrt", "Dampfschiff") >
	    similarity("Donaudampfschifffahrt", "Eisenbahn") + 0.1);
}

static void
test_numbers_tell_apart(void **state)
{
	(void)state;
	assert_true(similarity("invoice 4711 of May", "invoice 4711 of June") >
	    similarity("invoice 4711 of May", "invoice 4812 of May"));
}

static int
setup(void **state)
{
	struct embed_config c = { .provider = "local" };

	(void)state;
	return embedder_open(&c, &embedder, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	embedder_close(embedder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_english),
		cmocka_unit_test(test_german),
		cmocka_unit_test(test_french),
		cmocka_unit_test(test_spanish),
		cmocka_unit_test(test_russian),
		cmocka_unit_test(test_greek),
		cmocka_unit_test(test_arabic),
		cmocka_unit_test(test_hebrew),
		cmocka_unit_test(test_hindi),
		cmocka_unit_test(test_chinese),
		cmocka_unit_test(test_japanese),
		cmocka_unit_test(test_korean),
		cmocka_unit_test(test_thai),
		cmocka_unit_test(test_words_with_two_lives),
		cmocka_unit_test(test_function_words_are_faint),
		cmocka_unit_test(test_arabic_article),
		cmocka_unit_test(test_misspelling_stays_near),
		cmocka_unit_test(test_numbers_tell_apart),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
