"""Names of the demo's people: per culture, each name in its own script and as it is written in Latin letters.

Lists are ordered from common to rare; `people.py` picks with a skew towards the front.
"""

from dataclasses import dataclass, field

Form = tuple[str, str]
"""One name as (native script, Latin letters)."""


@dataclass(frozen=True, slots=True)
class Culture:
    """Where a family comes from: what its members are called, and in which language they are addressed."""

    key: str
    country: str
    language: str
    share: float
    male: tuple[Form, ...] = field(repr=False)
    female: tuple[Form, ...] = field(repr=False)
    family: tuple[Form, ...] = field(repr=False)
    rare_family: tuple[Form, ...] = field(default=(), repr=False)

    @property
    def has_own_script(self) -> bool:
        return self.key in ("gr", "ua", "ru", "sa", "ae", "cn", "jp")


def words(text: str) -> tuple[str, ...]:
    """The words of a line; `_` stands for a space within one."""
    return tuple(word.replace("_", " ") for word in text.split())


def _forms(text: str) -> tuple[Form, ...]:
    """Read `native=Latin` words; a word without `=` is written the same in both."""
    pairs = (word.split("=") for word in words(text))
    return tuple((pair[0], pair[-1]) for pair in pairs)


_STEMS = (
    "Ash Thorn Hart Wood Black White Green Hazel Whit Lang Brad Hol Mar Win Brom Hen Stan Wal Nor Sut Wes Eas Ald Ben "
    "Clay Dun Elm Fair Glen Hal Kings Lin Mel Nether Oak Pen Quen Ravens Shel Thur Up Ving War Yar Bex Cor Dal Ever "
    "Far Gos Hather Ingle Kel Lud Mor New Orm Prest Rad Sedge Tod Ulver Wren"
)
_ENDINGS = "ton ley worth field wood bury ham by ford combe stead well more hurst dale wick shaw bourne croft gate"
_MADE_UP = " ".join(stem + ending for ending in words(_ENDINGS) for stem in words(_STEMS))

BRITISH = Culture(
    key="gb",
    country="GB",
    language="en",
    share=0.756,
    male=_forms(
        "David John Michael James Robert William Paul Andrew Peter Thomas Daniel Christopher Mark Stephen Richard "
        "Matthew Anthony Simon Ian Alan Philip Jonathan Benjamin Samuel Joseph Edward George Martin Kevin Gary Timothy "
        "Nicholas Alexander Jack Harry Oliver Charles Adam Luke Ryan Callum Jacob Graham Neil Keith Colin Stuart "
        "Kenneth Raymond Patrick Dennis Gareth Rhys Owen Hamish Angus Duncan Fraser Craig Scott Lee Dean Jason Wayne "
        "Darren Carl Russell Trevor Nigel Geoffrey Roger Barry Leonard Frederick Albert Ernest Arthur Walter Henry "
        "Theodore Frank Leo Max Toby Dominic Julian Adrian Marcus Victor Vincent Gregory Lawrence Douglas Gerald "
        "Ronald Donald Malcolm Clive Desmond Winston Imran Asif Tariq Sanjay Rajesh Vikram Arjun Kwame Kofi Femi Tunde "
        "Emeka"
    ),
    female=_forms(
        "Sarah Susan Margaret Karen Elizabeth Jane Emma Helen Patricia Jennifer Victoria Christine Catherine Rebecca "
        "Claire Julie Michelle Nicola Laura Rachel Deborah Charlotte Amanda Samantha Anne Jessica Alison Jacqueline "
        "Katherine Louise Joanne Lisa Sharon Mary Barbara Linda Dorothy Jean Joan Olivia Amelia Isla Emily Sophie "
        "Grace Lucy Hannah Chloe Megan Lauren Alice Eleanor Abigail Georgia Isabella Matilda Florence Beatrice Frances "
        "Josephine Judith Gillian Hilary Wendy Tracey Donna Paula Sandra Carol Janet Pamela Maureen Sheila Brenda "
        "Doreen Irene Marjorie Edith Gladys Winifred Rhiannon Bronwen Cerys Morag Fiona Kirsty Eilidh Heather Caroline "
        "Penelope Philippa Rosalind Teresa Bernadette Natasha Tamara Yasmin Aisha Fatima Priya Anita Meera Sunita "
        "Nadia Abena Adaeze Ngozi"
    ),
    family=_forms(
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts "
        "Green Hall Wood Jackson Clarke Patel Khan Lewis James Phillips Mason Mitchell Rose Davis Rodgers Cox "
        "Alexander Marshall Harrison Cooper Ward King Baker Turner Hughes Edwards Hill Moore Clark Scott Morris Watson "
        "Cook Bailey Carter Richardson Morgan Young Allen Bell Murphy Miller Kelly Bennett Collins Parker Gray Cole "
        "Shaw Simpson Richards Chapman Webb Rogers Reynolds Palmer Mills Knight Hunt Barnes Powell Jenkins Owen "
        "Stevens Fisher Pearson Harvey Fletcher Howard Andrews Elliott Burton Saunders Lawson Cunningham Macdonald "
        "Mackenzie Campbell Stewart Fraser Graham Hamilton Murray Sinclair Gallagher O'Brien O'Neill O'Connor Byrne "
        "Doherty Begum Ahmed Hussain Singh Kaur Sharma Gupta Shah Okafor Mensah Adeyemi Smith-Jones Carter-Webb "
        "Hope-Turner Barker Haywood Pritchard Whitaker Sanderson Ingram Drake Goodwin Nash Blythe Pickering Holloway "
        "Fairclough Swindells Crabtree Micklethwait Postlethwaite Featherstone Ramsbottom"
    ),
    rare_family=_forms(_MADE_UP),
)

GERMAN = Culture(
    key="de",
    country="DE",
    language="de",
    share=0.045,
    male=_forms(
        "Thomas Michael Andreas Stefan Jürgen=Juergen Wolfgang Günter=Guenter Matthias Björn=Bjoern Jörg=Joerg Uwe "
        "Klaus Sebastian Lukas Felix Maximilian Johannes Friedrich Götz=Goetz Jens Torsten Rüdiger=Ruediger Karl-Heinz "
        "Hans-Peter"
    ),
    female=_forms(
        "Ursula Sabine Monika Renate Petra Claudia Andrea Käthe=Kaethe Jutta Birgit Anke Silke Katharina Johanna "
        "Leonie Greta Mareike Bärbel=Baerbel Ute Anneliese Friederike Frauke Heike Anna-Lena"
    ),
    family=_forms(
        "Müller=Mueller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer=Schaefer Koch "
        "Bauer Richter Klein Wolf Schröder=Schroeder Neumann Schwarz Zimmermann Krüger=Krueger Hofmann Köhler=Koehler "
        "Lange Krause Böhm=Boehm Jäger=Jaeger Weiß=Weiss Groß=Gross Vogel Günther=Guenther Lindner Höfer=Hoefer Seidel "
        "Brückner=Brueckner von_der_Heide von_Arnsberg Strauß=Strauss Möbius=Moebius Ackermann"
    ),
)

FRENCH = Culture(
    key="fr",
    country="FR",
    language="fr",
    share=0.035,
    male=_forms(
        "Jean Pierre Michel Philippe Alain Nicolas Christophe Frédéric=Frederic François=Francois Rémi=Remi "
        "Jérôme=Jerome Étienne=Etienne Benoît=Benoit Thibault Loïc=Loic Hugo Mathéo=Matheo Gaël=Gael Jean-Luc "
        "Jean-Baptiste Olivier Yann"
    ),
    female=_forms(
        "Marie Nathalie Isabelle Sylvie Françoise=Francoise Hélène=Helene Chloé=Chloe Zoé=Zoe Éloïse=Eloise "
        "Amélie=Amelie Geneviève=Genevieve Céline=Celine Aurélie=Aurelie Solène=Solene Margaux Camille Anaïs=Anais "
        "Léa=Lea Anne-Sophie"
    ),
    family=_forms(
        "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefèvre=Lefevre Michel "
        "Garcia David Bertrand Roux Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Müller=Muller "
        "Lefebvre Faure André=Andre Mercier Guérin=Guerin Boyer Legrand Gauthier Perrin Béranger=Beranger Côté=Cote "
        "de_La_Tour du_Bois"
    ),
)

POLISH = Culture(
    key="pl",
    country="PL",
    language="pl",
    share=0.05,
    male=_forms(
        "Piotr Krzysztof Andrzej Tomasz Paweł=Pawel Jan Michał=Michal Marcin Jakub Adam Łukasz=Lukasz Grzegorz Mateusz "
        "Wojciech Mariusz Zbigniew Sławomir=Slawomir Rafał=Rafal Bogusław=Boguslaw Kamil Stanisław=Stanislaw "
        "Józef=Jozef"
    ),
    female=_forms(
        "Anna Katarzyna Maria Małgorzata=Malgorzata Agnieszka Barbara Ewa Magdalena Elżbieta=Elzbieta Joanna Zofia "
        "Aleksandra Monika Łucja=Lucja Wiesława=Wieslawa Jadwiga Bożena=Bozena Grażyna=Grazyna Kinga Urszula "
        "Żaneta=Zaneta Weronika"
    ),
    family=_forms(
        "Nowak Kowalski Wiśniewski=Wisniewski Wójcik=Wojcik Kowalczyk Kamiński=Kaminski Lewandowski "
        "Zieliński=Zielinski Szymański=Szymanski Woźniak=Wozniak Dąbrowski=Dabrowski Kozłowski=Kozlowski Mazur "
        "Jankowski Kwiatkowski Krawczyk Piotrowski Grabowski Pawłowski=Pawlowski Michalski Król=Krol Wieczorek "
        "Jabłoński=Jablonski Wróbel=Wrobel Majewski Stępień=Stepien Górski=Gorski Rutkowski Sikora Baran Duda Szewczyk "
        "Brzęczyszczykiewicz=Brzeczyszczykiewicz"
    ),
)

GREEK = Culture(
    key="gr",
    country="GR",
    language="el",
    share=0.02,
    male=_forms(
        "Γεώργιος=Georgios Ιωάννης=Ioannis Κωνσταντίνος=Konstantinos Δημήτριος=Dimitrios Νικόλαος=Nikolaos "
        "Σπύρος=Spyros Παναγιώτης=Panagiotis Βασίλης=Vasilis Χρήστος=Christos Θανάσης=Thanasis Μιχάλης=Michalis "
        "Στέλιος=Stelios"
    ),
    female=_forms(
        "Μαρία=Maria Ελένη=Eleni Αικατερίνη=Aikaterini Βασιλική=Vasiliki Σοφία=Sofia Αγγελική=Angeliki Γεωργία=Georgia "
        "Δήμητρα=Dimitra Ιωάννα=Ioanna Ευαγγελία=Evangelia Χρυσούλα=Chrysoula Κυριακή=Kyriaki"
    ),
    family=_forms(
        "Παπαδόπουλος=Papadopoulos Παππάς=Pappas Καραγιάννης=Karagiannis Βλάχος=Vlachos Ιωαννίδης=Ioannidis "
        "Οικονόμου=Oikonomou Παπαγεωργίου=Papageorgiou Μακρής=Makris Κωνσταντινίδης=Konstantinidis "
        "Δημόπουλος=Dimopoulos Γιαννόπουλος=Giannopoulos Αθανασίου=Athanasiou Νικολαΐδης=Nikolaidis "
        "Σταματόπουλος=Stamatopoulos"
    ),
)

UKRAINIAN = Culture(
    key="ua",
    country="UA",
    language="uk",
    share=0.02,
    male=_forms(
        "Олександр=Oleksandr Сергій=Serhii Володимир=Volodymyr Андрій=Andrii Микола=Mykola Іван=Ivan Богдан=Bohdan "
        "Дмитро=Dmytro Тарас=Taras Василь=Vasyl Євген=Yevhen Юрій=Yurii"
    ),
    female=_forms(
        "Олена=Olena Наталія=Nataliia Тетяна=Tetiana Оксана=Oksana Ірина=Iryna Людмила=Liudmyla Юлія=Yuliia "
        "Ганна=Hanna Марія=Mariia Софія=Sofiia Катерина=Kateryna Надія=Nadiia"
    ),
    family=_forms(
        "Шевченко=Shevchenko Мельник=Melnyk Коваленко=Kovalenko Бондаренко=Bondarenko Бойко=Boiko Ткаченко=Tkachenko "
        "Кравченко=Kravchenko Ковальчук=Kovalchuk Олійник=Oliinyk Шевчук=Shevchuk Поліщук=Polishchuk Лисенко=Lysenko "
        "Савченко=Savchenko Руденко=Rudenko Марченко=Marchenko Гончар=Honchar"
    ),
)

RUSSIAN = Culture(
    key="ru",
    country="RU",
    language="ru",
    share=0.02,
    male=_forms(
        "Александр=Aleksandr Дмитрий=Dmitry Сергей=Sergey Андрей=Andrey Алексей=Aleksey Михаил=Mikhail Иван=Ivan "
        "Николай=Nikolay Владимир=Vladimir Евгений=Evgeny Павел=Pavel Юрий=Yuri"
    ),
    female=_forms(
        "Елена=Elena Наталья=Natalya Ольга=Olga Татьяна=Tatyana Анастасия=Anastasia Екатерина=Ekaterina Ирина=Irina "
        "Светлана=Svetlana Юлия=Yulia Мария=Maria Ксения=Ksenia Людмила=Lyudmila"
    ),
    family=_forms(
        "Иванов=Ivanov Смирнов=Smirnov Кузнецов=Kuznetsov Попов=Popov Соколов=Sokolov Лебедев=Lebedev Новиков=Novikov "
        "Морозов=Morozov Волков=Volkov Зайцев=Zaitsev Голубев=Golubev Виноградов=Vinogradov Воробьёв=Vorobyov "
        "Достоевский=Dostoevsky Покровский=Pokrovsky Никитин=Nikitin"
    ),
)

SAUDI = Culture(
    key="sa",
    country="SA",
    language="ar",
    share=0.014,
    male=_forms(
        "محمد=Mohammed أحمد=Ahmed عبدالله=Abdullah خالد=Khalid فهد=Fahad سعود=Saud فيصل=Faisal عمر=Omar يوسف=Yousef "
        "إبراهيم=Ibrahim سلطان=Sultan ناصر=Nasser"
    ),
    female=_forms(
        "نورة=Noura فاطمة=Fatimah سارة=Sarah هند=Hind مريم=Maryam ريم=Reem لطيفة=Latifa عائشة=Aisha منى=Mona هدى=Huda"
    ),
    family=_forms(
        "العتيبي=Al-Otaibi القحطاني=Al-Qahtani الحربي=Al-Harbi الغامدي=Al-Ghamdi الدوسري=Al-Dosari الشمري=Al-Shammari "
        "الزهراني=Al-Zahrani المطيري=Al-Mutairi السبيعي=Al-Subaie العنزي=Al-Anazi"
    ),
)

EMIRATI = Culture(
    key="ae",
    country="AE",
    language="ar",
    share=0.01,
    male=_forms("راشد=Rashid سعيد=Saeed حمدان=Hamdan منصور=Mansoor سيف=Saif علي=Ali حسن=Hassan ماجد=Majid طارق=Tariq"),
    female=_forms("شمسة=Shamsa موزة=Moza ميثاء=Maitha علياء=Alia خديجة=Khadija أسماء=Asma ليلى=Layla حصة=Hessa"),
    family=_forms(
        "المنصوري=Al-Mansoori المزروعي=Al-Mazrouei الكتبي=Al-Ketbi الظاهري=Al-Dhaheri السويدي=Al-Suwaidi "
        "الشامسي=Al-Shamsi النعيمي=Al-Nuaimi البلوشي=Al-Balushi"
    ),
)

CHINESE = Culture(
    key="cn",
    country="CN",
    language="zh",
    share=0.016,
    male=_forms(
        "伟=Wei 强=Qiang 磊=Lei 军=Jun 勇=Yong 杰=Jie 涛=Tao 明=Ming 志强=Zhiqiang 建国=Jianguo 浩然=Haoran 子轩=Zixuan"
    ),
    female=_forms(
        "芳=Fang 娜=Na 敏=Min 静=Jing 丽=Li 艳=Yan 秀英=Xiuying "
        "桂英=Guiying 欣怡=Xinyi 雨桐=Yutong 婷婷=Tingting 梦琪=Mengqi"
    ),
    family=_forms(
        "王=Wang 李=Li 张=Zhang 刘=Liu 陈=Chen 杨=Yang 赵=Zhao 黄=Huang 周=Zhou 吴=Wu 徐=Xu 孙=Sun 胡=Hu 朱=Zhu 高=Gao "
        "林=Lin 何=He 郭=Guo 马=Ma 罗=Luo 欧阳=Ouyang 司马=Sima"
    ),
)

JAPANESE = Culture(
    key="jp",
    country="JP",
    language="ja",
    share=0.014,
    male=_forms(
        "健=Ken 翔太=Shota 大輔=Daisuke 拓也=Takuya 直樹=Naoki 浩=Hiroshi 誠=Makoto 一郎=Ichiro 蓮=Ren 悠斗=Yuto"
    ),
    female=_forms(
        "陽子=Yoko 美咲=Misaki 結衣=Yui さくら=Sakura 恵子=Keiko 由美子=Yumiko 愛=Ai 真由美=Mayumi 葵=Aoi 直美=Naomi"
    ),
    family=_forms(
        "佐藤=Sato 鈴木=Suzuki 高橋=Takahashi 田中=Tanaka 伊藤=Ito 渡辺=Watanabe 山本=Yamamoto 中村=Nakamura "
        "小林=Kobayashi 加藤=Kato 吉田=Yoshida 山田=Yamada 佐々木=Sasaki 山口=Yamaguchi"
    ),
)

CULTURES = (
    BRITISH, GERMAN, FRENCH, POLISH, GREEK, UKRAINIAN, RUSSIAN, SAUDI, EMIRATI, CHINESE, JAPANESE,
)  # fmt: skip

NICKNAMES: dict[str, tuple[str, ...]] = {
    formal: tuple(short.split("/"))
    for formal, short in (
        line.split(":")
        for line in words(
            "William:Bill/Will/Billy Robert:Bob/Rob/Bobby Richard:Dick/Rich/Rick James:Jim/Jimmy/Jamie "
            "John:Jack/Johnny Michael:Mike/Mick Thomas:Tom/Tommy Christopher:Chris Stephen:Steve Matthew:Matt "
            "Anthony:Tony Andrew:Andy/Drew Daniel:Dan/Danny David:Dave Edward:Ed/Ted/Eddie Benjamin:Ben Samuel:Sam "
            "Joseph:Joe Nicholas:Nick Jonathan:Jon Alexander:Alex/Sandy Charles:Charlie/Chuck Timothy:Tim Philip:Phil "
            "Kenneth:Ken Patrick:Pat/Paddy Henry:Harry Frederick:Fred/Freddie Gregory:Greg Lawrence:Larry Ronald:Ron "
            "Donald:Don Geoffrey:Geoff Leonard:Len Elizabeth:Liz/Beth/Betty/Lizzie Margaret:Maggie/Peggy/Meg "
            "Catherine:Cathy/Kate Katherine:Kate/Kathy/Katie Victoria:Vicky/Tori Rebecca:Becky/Becca "
            "Jennifer:Jenny/Jen Patricia:Pat/Trish Susan:Sue/Susie Deborah:Debbie Samantha:Sam Jessica:Jess "
            "Jacqueline:Jackie Christine:Chris/Tina Amanda:Mandy Rachel:Rach Barbara:Babs Eleanor:Ellie/Nell "
            "Abigail:Abby Isabella:Bella/Izzy Florence:Flo Frances:Fran Josephine:Jo Judith:Judy Gillian:Gill "
            "Philippa:Pippa Penelope:Penny Teresa:Terry/Tess Caroline:Caz Dorothy:Dot/Dolly Natasha:Tash Johannes:Hans "
            "Maximilian:Max Katharina:Kathi Friedrich:Fritz Sebastian:Basti Katarzyna:Kasia Magdalena:Magda "
            "Krzysztof:Krzysiek Tomasz:Tomek Agnieszka:Aga Aleksandra:Ola Aleksandr:Sasha Ekaterina:Katya Dmitry:Dima "
            "Mikhail:Misha Natalya:Natasha Oleksandr:Sashko Volodymyr:Vova Kateryna:Katia Konstantinos:Kostas "
            "Dimitrios:Dimitris Georgios:Giorgos Ioannis:Giannis Nikolaos:Nikos Aikaterini:Katerina"
        )
    )
}

_FEMININE = (
    ("ский", "ская"), ("sky", "skaya"), ("ов", "ова"), ("ev", "eva"), ("ев", "ева"), ("ёв", "ёва"), ("ov", "ova"),
    ("ин", "ина"), ("in", "ina"), ("ski", "ska"), ("όπουλος", "οπούλου"), ("opoulos", "opoulou"),
)  # fmt: skip


def feminine(name: Form, culture: Culture) -> Form:
    """The form of a family name that women of the culture carry (Kowalska, Иванова, Παπαδοπούλου)."""
    if culture.key not in ("pl", "ru", "gr"):
        return name
    return _with_ending(name[0]), _with_ending(name[1])


def _with_ending(name: str) -> str:
    for masculine, ending in _FEMININE:
        if name.endswith(masculine):
            return name.removesuffix(masculine) + ending
    return name


COMPANY_STEMS = words(
    "Hartley Kestrel Brambling Northgate Larkspur Copperfield Whitestone Meridian Foxglove Tidewater Bluebell "
    "Ironbridge Oakhaven Silverdale Redwing Stonecrop Marlow Quayside Fernhill Beacon Millrace Skylark Pennine "
    "Westbrook Ambergate"
)
COMPANY_TRADES = words(
    "Tools Catering Logistics Joinery Interiors Print Bakery Motors Electrical Textiles Garden_Centre Plumbing Cycles "
    "Books"
)
LEGAL_FORMS = (
    ("Ltd", "Limited", ""),
    ("PLC", "plc", "Public Limited Company"),
    ("LLP", "L.L.P.", ""),
    ("& Sons", "and Sons", ""),
)
