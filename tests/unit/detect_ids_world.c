/*
 * The checks of more lands' numbers. They are made up, their check digits
 * computed by a second implementation, or published as examples by who defines
 * them.
 */
#include "check.h"
#include "idrows.h"

#define GOOD(v, text)                                                          \
    {                                                                          \
        VALID_##v, true, STR_INIT(text)                                        \
    }
#define BAD(v, text)                                                           \
    {                                                                          \
        VALID_##v, false, STR_INIT(text)                                       \
    }

static const struct id_row rows[] = {
    GOOD(BR_CPF, "775.039.119-30"),
    GOOD(BR_CPF, "46580982101"),
    BAD(BR_CPF, "775.039.119-31"),
    BAD(BR_CPF, "111.111.111-11"),
    BAD(BR_CPF, "7750391193"),
    GOOD(BR_CNPJ, "48.210.735/0001-76"),
    GOOD(BR_CNPJ, "12.ABC.345/01DE-35"), /* the authority's example */
    GOOD(BR_CNPJ, "4k2x0735ab0144"),
    BAD(BR_CNPJ, "48.210.735/0001-77"),
    BAD(BR_CNPJ, "12.ABC.345/01DE-53"),
    BAD(BR_CNPJ, "12.ABC.345/01DE-3A"),
    BAD(BR_CNPJ, "00.000.000/0000-00"),
    GOOD(MX_CURP, "BOXW310820HNERXN09"), /* a published sample */
    GOOD(MX_CURP, "kxqa870423hdflrm06"),
    GOOD(MX_CURP, "ROSM040229MJCDLRA8"),
    BAD(MX_CURP, "BOXW310820HNERXN08"),
    BAD(MX_CURP, "KXQA871323HDFLRM06"),
    BAD(MX_CURP, "KXQA870423HXXLRM06"),
    BAD(MX_CURP, "KXQA870423ADFLRM06"),
    GOOD(MX_RFC, "GODE561231GR8"), /* a published sample */
    GOOD(MX_RFC, "kxqa870423k42"),
    GOOD(MX_RFC, "KXQ-040423-1B6"),
    GOOD(MX_RFC, "K&Q040423AB1"),
    GOOD(MX_RFC, "MU\xc3\x91"
                 "A870423K41"),
    BAD(MX_RFC, "GODE561231GR9"),
    BAD(MX_RFC, "GODE561331GR8"),
    BAD(MX_RFC, "1ODE561231GR8"),
    BAD(MX_RFC, "KXQA870423K4&"),
    GOOD(BE_PERSON, "85.07.30-033 28"), /* the usual example */
    GOOD(BE_PERSON, "17.07.30-033.84"), /* the same, of 2017 */
    GOOD(BE_PERSON, "87442348290"),
    BAD(BE_PERSON, "85.07.30-033 29"),
    BAD(BE_PERSON, "85.13.30-033 28"),
    BAD(BE_PERSON, "85073003"),
    GOOD(DK_CPR, "230487-4821"),
    GOOD(DK_CPR, "6304874821"),
    BAD(DK_CPR, "231387-4821"),
    BAD(DK_CPR, "310487-4821"),
    BAD(DK_CPR, "230487-482"),
    GOOD(FR_NIR, "2 69 05 49 588 157 80"), /* the usual example */
    GOOD(FR_NIR, "187044210873551"),
    GOOD(FR_NIR, "287042A10873540"),
    GOOD(FR_NIR, "1 87 04 2b 048 210 17"),
    BAD(FR_NIR, "2 69 05 49 588 157 81"),
    BAD(FR_NIR, "287042C10873540"),
    BAD(FR_NIR, "5 69 05 49 588 157 80"),
    BAD(FR_NIR, "2690549588157"),
    GOOD(NL_BSN, "111222333"), /* the usual example */
    GOOD(NL_BSN, "5179.60.680"),
    BAD(NL_BSN, "517960681"),
    BAD(NL_BSN, "000000000"),
    BAD(NL_BSN, "51796068"),
    GOOD(NO_PERSON, "230487 19023"),
    GOOD(NO_PERSON, "63048787640"),
    GOOD(NO_PERSON, "29020494377"),
    BAD(NO_PERSON, "23048719032"),
    BAD(NO_PERSON, "23138719023"),
    BAD(NO_PERSON, "2304871902"),
    GOOD(PL_NIP, "486-923-22-45"),
    GOOD(PL_NIP, "PL4853852904"),
    BAD(PL_NIP, "486-923-22-54"),
    BAD(PL_NIP, "0000000000"),
    BAD(PL_NIP, "48538529"),
    GOOD(CN_RESIDENT, "320504198704231477"),
    GOOD(CN_RESIDENT, "11022820041017031x"),
    BAD(CN_RESIDENT, "320504198704231478"),
    BAD(CN_RESIDENT, "11022820041317031X"),
    BAD(CN_RESIDENT, "99022820041017031X"),
    BAD(CN_RESIDENT, "1102282004101703"),
    GOOD(JP_NUMBER, "123456789018"), /* the usual example */
    GOOD(JP_NUMBER, "4821 0735 6295"),
    BAD(JP_NUMBER, "482107356294"),
    BAD(JP_NUMBER, "000000000000"),
    BAD(JP_NUMBER, "48210735629"),
    GOOD(VIN, "WKX4821071K482107"),
    GOOD(VIN, "wkx48210z1kab2107"),
    BAD(VIN, "WKX4821071K48210A"),
    BAD(VIN, "WKO4821071K482107"),
    BAD(VIN, "48210735629482107"),
    BAD(VIN, "WKX4821071K48210"),
    GOOD(VIN_CHECKED, "1M8GDM9AXKP042788"), /* the usual example */
    GOOD(VIN_CHECKED, "4KDRX82L4P0048213"),
    BAD(VIN_CHECKED, "4KDRX82L5P0048213"),
    BAD(VIN_CHECKED, "11111111111111111"),
    GOOD(IMEI, "49-015420-323751-8"), /* the usual example */
    GOOD(IMEI, "354821073562903"),
    BAD(IMEI, "354821073562904"),
    BAD(IMEI, "000000000000000"),
    BAD(IMEI, "35482107356290"),
    GOOD(AR_CUIT, "20-48210735-5"),
    GOOD(AR_CUIT, "30482107369"),
    BAD(AR_CUIT, "20-48210735-6"),
    BAD(AR_CUIT, "21482107355"),
    GOOD(CL_RUT, "12.345.678-5"), /* the usual example */
    GOOD(CL_RUT, "18210700-k"),
    GOOD(CL_RUT, "7482107-3"),
    BAD(CL_RUT, "12.345.678-6"),
    BAD(CL_RUT, "11.111.111-1"),
    BAD(CL_RUT, "1234567"),
    GOOD(AT_INSURANCE, "1237 010180"), /* the usual example */
    GOOD(AT_INSURANCE, "4822230487"),
    BAD(AT_INSURANCE, "1238 010180"),
    BAD(AT_INSURANCE, "1237 310280"),
    GOOD(IE_PPS, "1234567T"), /* the usual examples */
    GOOD(IE_PPS, "1234567TW"),
    GOOD(IE_PPS, "1234567FA"),
    BAD(IE_PPS, "1234567W"),
    BAD(IE_PPS, "1234567TX"),
    BAD(IE_PPS, "123456T"),
    GOOD(PT_NIF, "248 210 734"),
    BAD(PT_NIF, "248210735"),
    BAD(PT_NIF, "048210734"),
    GOOD(CH_AHV, "756.9217.0769.85"), /* the authority's example */
    GOOD(CH_AHV, "7564821073566"),
    BAD(CH_AHV, "756.9217.0769.58"),
    BAD(CH_AHV, "7574821073563"),
    GOOD(BG_EGN, "8704234820"),
    GOOD(BG_EGN, "0444234823"),
    BAD(BG_EGN, "8704234821"),
    BAD(BG_EGN, "8713234820"),
    GOOD(HR_OIB, "48210735629"),
    GOOD(HR_OIB, "70482107351"),
    BAD(HR_OIB, "48210735628"),
    BAD(HR_OIB, "11111111111"),
    GOOD(CZ_BIRTH, "875423/4830"),
    GOOD(CZ_BIRTH, "8704234825"),
    BAD(CZ_BIRTH, "875423/4831"),
    BAD(CZ_BIRTH, "871423/4830"),
    GOOD(RO_CNP, "1870423421076"),
    GOOD(RO_CNP, "6040229124820"),
    BAD(RO_CNP, "1870423421077"),
    BAD(RO_CNP, "1871323421076"),
    GOOD(RU_SNILS, "112-233-445 95"), /* the usual example */
    GOOD(RU_SNILS, "48210735672"),
    BAD(RU_SNILS, "112-233-445 96"),
    BAD(RU_SNILS, "00000000000"),
    GOOD(HK_CARD, "A123456(3)"), /* the usual examples */
    GOOD(HK_CARD, "AB987654(3)"),
    GOOD(HK_CARD, "k482105a"),
    BAD(HK_CARD, "A123456(4)"),
    BAD(HK_CARD, "1123456(3)"),
    GOOD(TW_CARD, "A123456789"), /* the usual example */
    GOOD(TW_CARD, "W848210738"),
    BAD(TW_CARD, "A123456788"),
    BAD(TW_CARD, "A323456789"),
    GOOD(IL_ID, "482107356"),
    GOOD(IL_ID, "07482107-5"),
    BAD(IL_ID, "482107357"),
    BAD(IL_ID, "000000000"),
};

static void test_rows(void)
{
    idrows_judged(rows, ARRAY_LEN(rows));
}

static void test_all_have_rows(void)
{
    idrows_all(rows, ARRAY_LEN(rows), VALID_BR_CPF, VALID_COUNT);
}

/* Of these no single digit can be mistyped. */
static void test_mistyped(void)
{
    static const enum validator strong[] = {VALID_FR_NIR,      VALID_NL_BSN,
                                            VALID_NO_PERSON,   VALID_PL_NIP,
                                            VALID_CN_RESIDENT, VALID_IMEI};

    for (size_t i = 0; i < ARRAY_LEN(strong); i++)
        idrows_mistyped(rows, ARRAY_LEN(rows), strong[i], 0, SIZE_MAX);
}

static void test_odd(void)
{
    idrows_odd(rows, ARRAY_LEN(rows));
}

int main(void)
{
    RUN(test_rows);
    RUN(test_all_have_rows);
    RUN(test_mistyped);
    RUN(test_odd);
    return check_done();
}
