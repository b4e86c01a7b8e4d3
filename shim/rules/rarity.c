#include "rules/rarity.h"

/* Letters, white space, and all other bytes. */
#define CLASSES 28u
#define SPACE   26u
#define OTHER   27u

/*
 * What is counted is half English text, manuals and talk (10 MB), and half
 * source code of ten languages (14 MB), white space of any length as one.
 */

/* How often each stands there: 4 * log2 of its share in 10^4. */
static const unsigned char singles[CLASSES] = {
    36, 29, 33, 33, 39, 31, 29, 31, 36, 18, 23, 34, 31, 36,
    36, 31, 18, 36, 37, 38, 32, 25, 25, 23, 27, 16, 42, 43};

/* The same of single bytes from the space on but for letters, 2 * log2: 'a' if
 * it is one in 10^4 or less, as all others are. */
static const char others[] = "vfmkjeiknmkhnnolklliihihhhmkhmjfh"
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaikibph"
                             "aaaaaaaaaaaaaaaaaaaaaaaaaajhje";

/* How often two stand side by side: 'a' - 4 + 2 * log2 of their share in 10^6.
 */
static const char pairs[CLASSES][29] = {
    "irtsjmrfsgovtwcqhvuwqplnphtr", "qinisggdpnfshgsjaomkrdcgpdoq",
    "tjpktigtqbrslhwldqntqhhnmaqt", "rkkpwjjhtejnijrkdnpkoighlawv",
    "tnuvrspjnhitswnrpxwukqptqeyx", "qhjlppfeuaapgitjaqmopdeamavs",
    "mhnhtfkoqagojonjbppmpifajjss", "tdfhwefctacpjirgbnkqmadaifsr",
    "qrtsrurbicktrxuqprvveplnappq", "jacbpaaafacacalhcbpakaaaaagk",
    "lehhsgkcnacifjjgagnilghacapq", "tkksvqihvpitiitncirrrjieqhtt",
    "upilvgecqcgnqjrsahojoeecnass", "tisvuquhrfookotncjvvqnfenewu",
    "nrsslsohomnttxqscwqsuprkifur", "tfkmuiinpaksjlspetosqhgeocqs",
    "cbaabaaaaaafaaacbeecsagaaakl", "ulppxmqhuanpqruldrssqnkeqbvu",
    "thqkwkkrtannlkrriktwrildqcxw", "uipownhxvejomjvqbusrrhmlseww",
    "oqppsnnbpaesqtjqatttbjajbcop", "rggctdedqaafifnhadhgedcabakp",
    "qefhpcdqsadifmpeannheajaaapp", "mcmfmhacnaadmbgoackpcaaojdor",
    "jhijkfhclabllooralondflabcts", "kaaapccbiaafhljaacfggaaaccim",
    "wvwuuvsrwmptutvumuxxtrtnpla{", "tsutttrstmpsttrtmsvurqppko|}",
};

/*
 * Four that stand in text far more often than their pairs say: their first two,
 * and all that they go on with, up to a full stop; a sign is a -. They are the
 * two thousand that most is found by in vain, such that keywords have first.
 */
static const struct {
    unsigned char more; /* what they weigh more */
    const char *list;
} often[] = {
    {3,
     " - - r-ucodegepaun. a bboctlln res sstt. be eeefoooty . canashaodonre."
     " delesevifon. encnt. firlaol. hea. id-n nfnsntt . latim. mapor. nor. o"
     "n rdutve. paraserlareri. que. refelemes. secetigimo oupetatr. tagexhah"
     "ira. undns. ver. washahehiou.- - ---a-c-d-g-h-i-m-n-o-r-senidifinlinan"
     "eprresuthusvawh.-- -- ---a-b-uabapcoe-f-n-reshusv-.-ass.-c--halaloon.-"
     "delis.-e--nd.-f--.-id-ndnsnt.-leticin.-maparet.-n--.-p--atreri.-que.-s"
     "eaetha.-tarexhira.-varer.-win.a difiresesi.a- ---.abou.ace esk-te.ader"
     ".age es.ain n-.ake e-.al piaidle.ame e-es.an a cagd g-gegu.ar--d e t t"
     "iy y-.as ae e-s si.at a i t we e-edesor.ave .ay b.b---.ber r-.ble-edic"
     ".bothutve.bund.c-c-.cachl te.ce o ws s-.chanecil.ck tet.codedinsntun.c"
     "teder.curist.d anasfoinprrethwi.ddit.de-pcllencntr r-rsv-.dicasast.dle"
     " .don-.e anapcacodefifohainislalilomamooppaprresasosuthtounvawhwi.e-co"
     "re.eam-se.echok-ur.ed a b t wia.een-.ef--or.elecl y .emenpl.en tcod se"
     "sisstatetitr.eparreti.er - a c g i o t w- ---a-c-i-satias s-t t-tivewi"
     ".es a i o t w- pas s-sit .et - t--ris .evenerio.exisplpotr.f---.ficeg "
     "ni.fore.g aninwi.g- -.ges .ginengt-.gle .gs--.hands .he a b d e g m o "
     "p r s t u v wlln r y .hing.hortve.iate.ible.icale-it.id--.ied .if tict"
     "-y y-.igin.ile its-.ime-.in a tdoe e-edesgsk-stte.ionaus.ired.is a c d"
     " m rt-tr.it a-ss tey y-.ivate e-en.izat.ken-r-.l reth.lar stte.le t-aa"
     "rctngs s-ssteve.licashstze.ll c i s--.longwi.lter.lust.ly a t.m in.mag"
     "ellti.meanrgte.mina.more.mpla.n inisretouswh.n- -co.nagel-ti.nce e-eso"
     "d.nd a o tarex.ne sctt-xt.nfor.ng c i l m s--le.nit-.noth.ns aidt tr.n"
     "t a f i p t w- ---sedenerexri.nver.o bedemare.ocatke.ode e-elifin.of a"
     " cfi.olut.om a tpapl.on a t w- -c-tale-s s-sttatetrve.oper.or a d i r "
     "t wd d-deg-m m-te.ose t t-.ote heic.oundntr t-.ove er.owers-.p---.page"
     "n reth.pectndnsr-rart.plate-et.polins.pper.precesinom.quer.r andeinret"
     "o.r-co.rackl m-menstetito.rder.re iamatcte enfilancntplqussvi.ribectgi"
     "ntteva.rmal.rom-un.rst .rulest.rver.s anarbecadofoinisliprrethtovawi.s"
     "- -.scalop.se tcud ler-rtt-.shar.siti.spli.ss--.st a c o-cabacaneaemor"
     "ra.supe.t alanasbedifoinisitlilomopaprreshthusvawawiwo.t- -cocrre.ta--"
     "g-keteti.tche.ted d-m-mpntr r-rs.thate ourero.ticafing.to f o sp r-.tr"
     "aneay .ts - a- .ttin.u---.ulare-es.undet-.urat.ust .ut a o te-h-.v---."
     "valite.ve a tn ntr r-rirt.ving.w th.what.windng.x---.y beinre.ype to."},
    {6, " -a htmox-. a r s wbsccndpirgut. begei. claomur. depisocow. emandvexix"
        "p. faieailorun. getra. has. if mpnps . licin. musy . no . offnlpeptr w"
        "n. pro. reaegepet. seehoomys. theimokyp. uni. valar. wayilitorri. x--."
        "- -xdaexhtmyno.--b-spu-.-a- b-ccll.-b--aslo.-da-atepev.-encxa.-fil.-he"
        "a.-info-te.-netot.-of-ut.-parosroub.-reaefeles.-seligtatrys.-tesim.-u-"
        "-.-v--al.-wor.-x--.a lilo.abil.acs-ti.add-y .age-.alizl lo.ampl.ancedl"
        "nenoy .apisp-.aracamgesets.ass-seso.ata teurus.auth.ays .b-c-.basi.bef"
        "o.bina.ble .branea.by t.c li.calln nnti.censrt.charo .ciou.cleaieouus."
        "colom-mpnfnnnv.ctorur.culame.d bynoofto.date.def pesc.difffyngsc.dle-."
        "doub.dres.ds a.e a nanonuofus.e-jsna.eachd-detetu.ect t-titl.een .efin"
        ".egin.elemetopse.em cbe.en yabcecit t-tsum.epenla.equeui.erminaprvi.es"
        "olposat-.eta-hotetiup.evel.exceect t-.f th.face.featre.ffic.fig-ltne.f"
        "ollrc.fter.g thto.get-tstt.gger.gin-stth.gle-.gmen.gnat.grep.gura.hang"
        "nnravevi.he c f lck.hichlds s-.hoseut.ial l-.ibut.icatenio.ideo.ients "
        ".iffeie.ign-ur.ile-te.imagitplpo.infog g-itli.ion ns.irec.ith huiaio.k"
        " to.ket-y .kind.l beno.la--cetiy-.leap.liascecienghminenuty.ll a l n o"
        " p r ty .loatseudw wews.m th.mailinndp-r-x-.messtath.miniss.mman.moded"
        "ist.mpleor.ms--.must.n a clth.n-t .nabll rytu.ncy .ndle.ne r.ng a t w."
        "ningti.nlin.nner.nodermtetiw .nsigta.ntegias s-.nume.o doexloth.ock-.o"
        "f t.oken.olicloorum.omma.onfine.ool t .open.or mk mat ts.ot a b eocto."
        "ou s tdsldt .ow tn ne.pacen-rartsstc.permt-.ping.placaiicie.posest.ppl"
        "ily.prefevodot.pto-s .put t-.qual.r a moofth.r-re.ractpp.rce e-h h-.rd"
        "s .reakf-gimosp.rget.rialesfyngty.rmatinis.rnalamin.rolltows.rrenid.rt"
        " oedicif.rue-.rwis.rypt.s a of.s--k.sage.scre.seare t tt.sfor.sha-if.s"
        "ibldempng.solume.splaon.ssio.stalaratry.sub-.syntst.t -adoexnoto.t-p-."
        "tablckilinlltu.tem rfrmrnstxt.tfor.thisod.tialc meve.tls-y-.to a b c d"
        " e r t-skery.tp--.traceeicinus.tter.ture.ual-.ubli.uct .ueryst.uide.ul"
        "d l l-.umen.undlit.urrese.usage ederin.ut w.vari.velory.videou.wants ."
        "when.woul.y a nothto.y-pa.ype-.yste.zero."},
    {9, " -ap. addlrlwnypp. beh. datefiro . exa. fro. gooui. hosow. log. makod."
        " now. of . req. scrub. to . unlse.- yo.--a-.-a--rgut.-com.-defoc.-geti"
        "t.-lanocog.-mod.-num.-offperg.-pyt.-regeq.-scrhok-paub.-taglsokyp.-url"
        "se.ableovso.acce.ails.allyphreuewa.ansf.aph-pl.archiani.assw.at ychioi"
        "vtr.auto.aws .b-co.base.beenin.bili.bloc.bott.brow.bug tt.byte.ccepes."
        "ceptss.ciales.clos.copy.creaeeibosyp.csp-.ctioivx-.dard.debabufafi.dir"
        "e.do nws.ductle.e yo.eapi.ecif.eep .efix.egis.ems-.ency.erfarosi.escr."
        "etchwo.eway.exam.fiedgulers.flow.for .free.full.gain.get .ght-.give.gn"
        "or.gramee.hat .headlp.hiftgh.hop-stw .iabl.ic l.if y.ignano.ill la.ime"
        "o.inpu.ion-.ippe.irst.item.key-.king.l-mo.lagsng.lega.licynk.ll ba-.lo"
        "bacaop.lpha.lude.makerk.mber.ment.mmen.move.name.ncluti.ndow.needtww-."
        "nfo-.ngua.nmen.nnelin.ntry.nullm-.o noyo.obje.ogle.oid nt.ojec.omme.oo"
        "ls.opti.ordsks.ositsi.ou a d m nghtp.ovid.p-te.paddrs.pecirf.pipe.ppet"
        ".priv.ps--.push.ques.r exyo.read.ribughpt.rodujem otvi.rror.ruby.rvic."
        "s noyo.serv.show.sionze.sk-t.sour.spacanec.ssl .st-priru.sual.t of.tar"
        "grtsk.tch-.thub.tion.tly .tool.tput.tribue.ttp .twaro .type.u ar.uagel"
        " .uctu.ult t-.umbe.unct.url .v--i.vers.vice.wardrn.well.whic.with.ws-a"
        ".xist.xpor.xtra.y of.ying.ytho.zati."},
    {12,
     " giv. havre. keyno. namewotum. obj.-addpp.-key.-namewodos.-usr.acka.ap"
     "i .ata-.ault.aws-.back.begiha.bjec.bsol.buil.clasud.comm.ctly.curlrrrs"
     ".data.ddre.deog.docuwn.eadyrc.elf-.emov.etur.f yo.fail.ffer.fixe.flag."
     "form.from.ght ts.grapou.guid.ield.ight.json.just.k-of.keepys.kspa.lass"
     ".llbaow.lock.lrea.n yo.new .nfig.nly .nnecot.not .nput.nssl.ntly.ocspu"
     "m.oducul.ogra.okup.only.ook-ks.op-t.ou h wrc.pack.pdat.playug.poinrtsi"
     ".progovox.ptio.pyth.raph.retu.rfac.riab.rogr.rsio.ruct.safe.self.shop."
     "sign.soft.ssag.sult.t yo.tems.truc.twee.u ha.ub-c.uildre.urcen .usr-.u"
     "tpu.valu.ways.will.word.writ.you-ur."},
    {15,
     " doe. htt. xml. you.-a hpi.-goo.-htt.-moz.-npm.a hr.a-no.addr.algo.api"
     "-.bodyok.chba.ckag.crip.does.ebug.efau.ehav.eigh.eogr.faul.fetc.floa.f"
     "unc.goog.guag.hook.href.htmltp.hub-.i-v-.inux.ject.join.kage.know.l-la"
     ".loadok.lumn.lway.ml-l.moduzi.nipp.nosn.npm m-.nt x.numbx .ooglku.osni"
     ".ozil.pi-v.ploy.proj.quirot.rksp.roxy.scri.sdk-.snip.ssl-.t xm.ta-n.tm"
     "l-.tnam.tps-.ttp-ps.turn.uffe.upda.ux x.view.void.work.x x-.xamp.xml-."
     "you .zill."},
};

/* And what those weigh less that are taken already: with more, keywords are
 * looked for by few that are often, with less by many. */
#define TAKEN 8u

static unsigned char class_of(char c)
{
    unsigned letter = (unsigned)((unsigned char)c | 0x20u) - 'a';

    return (unsigned char)(letter < 26 ? letter : c == ' ' ? SPACE : OTHER);
}

/* Where in the table four of them are. */
static unsigned slot(const unsigned char *c)
{
    uint32_t four = c[0] + 32u * (c[1] + 32u * (c[2] + 32u * c[3]));

    return four * UINT32_C(0x9e3779b1) >> (32 - RARITY_BITS);
}

static void read_list(struct rarity_table *t, const char *list,
                      unsigned char weight)
{
    unsigned char c[4];

    for (; *list != '\0'; list++) {
        c[0] = class_of(*list++);
        c[1] = class_of(*list++);
        for (; *list != '.'; list += 2) {
            c[2] = class_of(list[0]);
            c[3] = class_of(list[1]);
            t->more[slot(c)] = weight;
        }
    }
}

void rarity_table(struct rarity_table *ret)
{
    *ret = (struct rarity_table){0};
    for (size_t i = 0; i < ARRAY_LEN(often); i++)
        read_list(ret, often[i].list, often[i].more);
}

/* What a pair, and the byte between two pairs, add to the share of four bytes,
 * as if pairs were independent. */
static unsigned pair(const unsigned char *c)
{
    return (unsigned char)pairs[c[0]][c[1]];
}

static unsigned between(const unsigned char *c)
{
    return singles[*c] / 2u;
}

unsigned rarity_byte(char c)
{
    unsigned char class = class_of(c);
    unsigned at = (unsigned char)c - (unsigned)' ', twice = 0;

    if (class < SPACE)
        return 1u << singles[class] / 4;
    if (at < sizeof(others) - 1)
        twice = (unsigned char)others[at] - (unsigned)'a';
    return 1u << twice / 2;
}

void rarity_read(const struct rarity_table *t, struct str keyword, unsigned of,
                 unsigned ret_shares[LIM_KEYWORD])
{
    size_t n = keyword.len < LIM_KEYWORD ? keyword.len : LIM_KEYWORD;
    unsigned char class[LIM_KEYWORD + 1];

    for (size_t i = 0; i < n; i++)
        class[i] = class_of(keyword.ptr[i]);
    /* What mostly follows. */
    class[n] = n > 0 && class[n - 1] == SPACE ? 't' - 'a' : 'e' - 'a';
    for (size_t i = 0; i + 3 <= n; i++) {
        const unsigned char *c = class + i;

        ret_shares[i] = pair(c) + pair(c + 1) + pair(c + 2) - between(c + 1) -
                        between(c + 2) + t->more[slot(c)];
        if (i + 4 <= n && (t->taken[slot(c)] & of) == of)
            ret_shares[i] -= TAKEN;
    }
}

void rarity_take(struct rarity_table *t, struct str keyword, unsigned of,
                 size_t at)
{
    unsigned char class[4];

    if (at + sizeof(class) > keyword.len)
        return;
    for (size_t i = 0; i < sizeof(class); i++)
        class[i] = class_of(keyword.ptr[at + i]);
    t->taken[slot(class)] |= (unsigned char)of;
}
