/*
 * The checks of personal numbers. All numbers are made up, their check digits
 * computed by a second implementation; the fiscal codes are of nobody.
 */
#include <stdio.h>

#include "check.h"
#include "detect/numbers.h"
#include "detect/wallet.h"
#include "idrows.h"

static const struct id_row rows[] = {
    {VALID_CA_SIN, true, STR_INIT("509448221")},
    {VALID_CA_SIN, true, STR_INIT("509 448 221")},
    {VALID_CA_SIN, false, STR_INIT("046341277")},
    {VALID_CA_SIN, false, STR_INIT("812345676")},
    {VALID_CA_SIN, false, STR_INIT("509448222")},
    {VALID_CA_SIN, false, STR_INIT("50944822")},
    {VALID_US_ITIN, true, STR_INIT("923-71-4470")},
    {VALID_US_ITIN, true, STR_INIT("900 50 1234")},
    {VALID_US_ITIN, true, STR_INIT("978881234")},
    {VALID_US_ITIN, false, STR_INIT("823-71-4470")},
    {VALID_US_ITIN, false, STR_INIT("923-66-4470")},
    {VALID_US_ITIN, false, STR_INIT("923-93-4470")},
    {VALID_US_ITIN, false, STR_INIT("923-49-4470")},
    {VALID_US_ITIN, false, STR_INIT("92371447")},
    {VALID_US_NPI, true, STR_INIT("1702309729")},
    {VALID_US_NPI, true, STR_INIT("1702-309-729")},
    {VALID_US_NPI, false, STR_INIT("1702309722")},
    {VALID_US_NPI, false, STR_INIT("3702309729")},
    {VALID_US_NPI, false, STR_INIT("17023097290")},
    {VALID_US_NPI, false, STR_INIT("2222222222")},
    {VALID_US_DEA, true, STR_INIT("BK0078988")},
    {VALID_US_DEA, true, STR_INIT("m90078988")},
    {VALID_US_DEA, false, STR_INIT("BK0078989")},
    {VALID_US_DEA, false, STR_INIT("IK0078988")},
    {VALID_US_DEA, false, STR_INIT("B80078988")},
    {VALID_US_DEA, false, STR_INIT("BK007898")},
    {VALID_US_MBI, true, STR_INIT("4KD7-QX3-WN58")},
    {VALID_US_MBI, true, STR_INIT("4KD7QX3WN58")},
    {VALID_US_MBI, true, STR_INIT("9aa0aa0aa00")},
    {VALID_US_MBI, false, STR_INIT("0KD7-QX3-WN58")},
    {VALID_US_MBI, false, STR_INIT("4SD7-QX3-WN58")},
    {VALID_US_MBI, false, STR_INIT("4KD7-QX3-WB58")},
    {VALID_US_MBI, false, STR_INIT("4KDX-QX3-WN58")},
    {VALID_US_MBI, false, STR_INIT("4KD7-QX3-WN5")},
    {VALID_DE_TAX, true, STR_INIT("82765138906")},
    {VALID_DE_TAX, true, STR_INIT("82 765 138 906")},
    {VALID_DE_TAX, false, STR_INIT("82765138907")},
    {VALID_DE_TAX, false, STR_INIT("12345678903")},
    {VALID_DE_TAX, false, STR_INIT("11123456786")},
    {VALID_DE_TAX, false, STR_INIT("11223456785")},
    {VALID_DE_TAX, true, STR_INIT("12131456787")},
    {VALID_DE_VAT, true, STR_INIT("DE324682733")},
    {VALID_DE_VAT, true, STR_INIT("de 324682733")},
    {VALID_DE_VAT, false, STR_INIT("DE324682735")},
    {VALID_DE_VAT, false, STR_INIT("AT324682733")},
    {VALID_DE_VAT, false, STR_INIT("DE024682733")},
    {VALID_DE_VAT, false, STR_INIT("324682733")},
    {VALID_DE_CARD, true, STR_INIT("LK7RM3X03")},
    {VALID_DE_CARD, true, STR_INIT("CH4T90PW0")},
    {VALID_DE_CARD, true, STR_INIT("L7R2X90K41")},
    {VALID_DE_CARD, false, STR_INIT("L7R2X90K42")},
    {VALID_DE_PASSPORT, true, STR_INIT("CH4T90PW0")},
    {VALID_DE_PASSPORT, false, STR_INIT("LK7RM3X03")},
    {VALID_DE_CARD, false, STR_INIT("CH4T90PW1")},
    {VALID_DE_CARD, false, STR_INIT("AK7RM3X06")},
    {VALID_DE_CARD, false, STR_INIT("LK7RM3O00")},
    {VALID_DE_CARD, false, STR_INIT("CH4T90PW")},
    {VALID_DE_HEALTH, true, STR_INIT("M488141257")},
    {VALID_DE_HEALTH, false, STR_INIT("M488141258")},
    {VALID_DE_HEALTH, false, STR_INIT("1488141257")},
    {VALID_DE_PENSION, true, STR_INIT("66170582K040")},
    {VALID_DE_PENSION, true, STR_INIT("66 170582 K 040")},
    {VALID_DE_PENSION, false, STR_INIT("66170582K041")},
    {VALID_DE_PENSION, false, STR_INIT("66671382K046")},
    {VALID_DE_DOCTOR, true, STR_INIT("482915407")},
    {VALID_DE_DOCTOR, false, STR_INIT("482915507")},
    {VALID_DE_DOCTOR, false, STR_INIT("000000000")},
    {VALID_DE_PRACTICE, true, STR_INIT("721234567")},
    {VALID_DE_PRACTICE, false, STR_INIT("051234567")},
    {VALID_DE_PRACTICE, false, STR_INIT("921234567")},
    {VALID_DE_PRACTICE, false, STR_INIT("72123456")},
    {VALID_ES_NIF, true, STR_INIT("48210735K")},
    {VALID_ES_NIF, true, STR_INIT("48210735-k")},
    {VALID_ES_NIF, false, STR_INIT("48210735E")},
    {VALID_ES_NIF, false, STR_INIT("00000000T")},
    {VALID_ES_NIF, true, STR_INIT("4821073C")},
    {VALID_ES_NIF, false, STR_INIT("4821073D")},
    {VALID_ES_NIF, false, STR_INIT("482107C")},
    {VALID_ES_NIE, true, STR_INIT("Y4821073B")},
    {VALID_ES_NIE, true, STR_INIT("z-4821073-W")},
    {VALID_ES_NIE, false, STR_INIT("Y4821073C")},
    {VALID_ES_NIE, false, STR_INIT("W4821073B")},
    {VALID_FI_HETU, true, STR_INIT("140591-472S")},
    {VALID_FI_HETU, true, STR_INIT("290204A472K")},
    {VALID_FI_HETU, true, STR_INIT("010190+472W")},
    {VALID_FI_HETU, true, STR_INIT("170375y472Y")},
    {VALID_FI_HETU, false, STR_INIT("140591-472T")},
    {VALID_FI_HETU, false, STR_INIT("310291-472A")},
    {VALID_FI_HETU, false, STR_INIT("290203A472A")},
    {VALID_FI_HETU, false, STR_INIT("140591G472S")},
    {VALID_FI_HETU, false, STR_INIT("140591-001K")},
    {VALID_IT_FISCAL, true, STR_INIT("BNCLRA84M61F205D")},
    {VALID_IT_FISCAL, true, STR_INIT("VRDGPP67T03L21NI")},
    {VALID_IT_FISCAL, true, STR_INIT("NREMRC92L15H5L1K")},
    {VALID_IT_FISCAL, false, STR_INIT("BNCLRA84M61F205E")},
    {VALID_IT_FISCAL, false, STR_INIT("BNCLRA84F61F205Y")},
    {VALID_IT_FISCAL, false, STR_INIT("BNCLRA84M32F205F")},
    {VALID_IT_VAT, true, STR_INIT("48273610583")},
    {VALID_IT_VAT, true, STR_INIT("IT48273610583")},
    {VALID_IT_VAT, true, STR_INIT("it 48273610583")},
    {VALID_IT_VAT, false, STR_INIT("FR48273610583")},
    {VALID_IT_VAT, false, STR_INIT("48273611011")},
    {VALID_IT_VAT, false, STR_INIT("00000000588")},
    {VALID_IT_VAT, false, STR_INIT("48273610584")},
    {VALID_PL_PESEL, true, STR_INIT("84031273659")},
    {VALID_PL_PESEL, true, STR_INIT("02213004170")},
    {VALID_PL_PESEL, false, STR_INIT("84031273650")},
    {VALID_PL_PESEL, false, STR_INIT("84131273652")},
    {VALID_SE_PERSON, true, STR_INIT("830417-2946")},
    {VALID_SE_PERSON, true, STR_INIT("19830417-2946")},
    {VALID_SE_PERSON, true, STR_INIT("8304172946")},
    {VALID_SE_PERSON, true, STR_INIT("830477+2943")},
    {VALID_SE_PERSON, false, STR_INIT("830432-2947")},
    {VALID_SE_PERSON, false, STR_INIT("831317-2945")},
    {VALID_SE_PERSON, false, STR_INIT("83041729")},
    {VALID_SE_ORGANISATION, true, STR_INIT("556821-0479")},
    {VALID_SE_ORGANISATION, false, STR_INIT("5518210470")},
    {VALID_SE_ORGANISATION, false, STR_INIT("5568210470")},
    {VALID_TR_ID, true, STR_INIT("48392017510")},
    {VALID_TR_ID, false, STR_INIT("48392017511")},
    {VALID_TR_ID, false, STR_INIT("48392017521")},
    {VALID_TR_ID, false, STR_INIT("08392017510")},
    {VALID_UK_NHS, true, STR_INIT("6172911090")},
    {VALID_UK_NHS, true, STR_INIT("617 291 1090")},
    {VALID_UK_NHS, false, STR_INIT("6172911091")},
    {VALID_UK_NHS, false, STR_INIT("0000000000")},
    {VALID_UK_NINO, true, STR_INIT("HK 41 72 09 C")},
    {VALID_UK_NINO, true, STR_INIT("hk417209c")},
    {VALID_UK_NINO, true, STR_INIT("JM417209A")},
    {VALID_UK_NINO, false, STR_INIT("GB417209A")},
    {VALID_UK_NINO, false, STR_INIT("HO417209A")},
    {VALID_UK_NINO, false, STR_INIT("QK417209A")},
    {VALID_UK_NINO, false, STR_INIT("HK417209E")},
    {VALID_UK_NINO, false, STR_INIT("HK41720A")},
    {VALID_UK_NINO, false, STR_INIT("ZZ417209A")},
    {VALID_UK_DRIVER, true, STR_INIT("HARLO807234KD9AB")},
    {VALID_UK_DRIVER, true, STR_INIT("DAY99512205P99CJ")},
    {VALID_UK_DRIVER, false, STR_INIT("HARLO813234KD9AB")},
    {VALID_UK_DRIVER, false, STR_INIT("HARLO807324KD9AB")},
    {VALID_UK_DRIVER, false, STR_INIT("HAR9O807234KD9AB")},
    {VALID_UK_DRIVER, false, STR_INIT("HARLO8072341D9AB")},
    {VALID_UK_PLATE, true, STR_INIT("KX19 ZHF")},
    {VALID_UK_PLATE, true, STR_INIT("kx69zhf")},
    {VALID_UK_PLATE, true, STR_INIT("R482 KLM")},
    {VALID_UK_PLATE, true, STR_INIT("KLM 482R")},
    {VALID_UK_PLATE, false, STR_INIT("KX30 ZHF")},
    {VALID_UK_PLATE, false, STR_INIT("KX19 ZHI")},
    {VALID_UK_PLATE, false, STR_INIT("QX19 ZHF")},
    {VALID_UK_PLATE, false, STR_INIT("I482 KLM")},
    {VALID_UK_PLATE, false, STR_INIT("KLM 482Z")},
    {VALID_UK_PLATE, false, STR_INIT("K1")},
    {VALID_UK_PLATE, false, STR_INIT("KX 19")},
    {VALID_IN_AADHAAR, true, STR_INIT("482073156299")},
    {VALID_IN_AADHAAR, true, STR_INIT("4820 7315 6299")},
    {VALID_IN_AADHAAR, false, STR_INIT("482073156290")},
    {VALID_IN_AADHAAR, false, STR_INIT("182073156290")},
    {VALID_IN_AADHAAR, false, STR_INIT("287462264782")},
    {VALID_IN_GSTIN, true, STR_INIT("29QWEPK4821M1ZQ")},
    {VALID_IN_GSTIN, false, STR_INIT("29QWEPK4821M1ZA")},
    {VALID_IN_GSTIN, false, STR_INIT("45QWEPK4821M1ZW")},
    {VALID_IN_GSTIN, false, STR_INIT("29QWEXK4821M1ZA")},
    {VALID_IN_PAN, true, STR_INIT("QWEPK4821M")},
    {VALID_IN_PAN, false, STR_INIT("QWEXK4821M")},
    {VALID_IN_PAN, false, STR_INIT("QWEPK482M1")},
    {VALID_IN_PLATE, true, STR_INIT("KA 05 MJ 4821")},
    {VALID_IN_PLATE, true, STR_INIT("DL3CAB1234")},
    {VALID_IN_PLATE, true, STR_INIT("MH12-4821")},
    {VALID_IN_PLATE, false, STR_INIT("KK 05 MJ 4821")},
    {VALID_IN_PLATE, false, STR_INIT("KA MJ 4821")},
    {VALID_IN_PLATE, false, STR_INIT("KA05MJKL4821")},
    {VALID_KR_RRN, true, STR_INIT("870423-2567199")},
    {VALID_KR_RRN, false, STR_INIT("8704232567190")},
    {VALID_KR_RRN, false, STR_INIT("8714232567195")},
    {VALID_KR_RRN, false, STR_INIT("8704235567197")},
    {VALID_KR_FRN, true, STR_INIT("870423-6567192")},
    {VALID_KR_FRN, true, STR_INIT("8704236567192")},
    {VALID_KR_FRN, false, STR_INIT("8704236567193")},
    {VALID_KR_FRN, false, STR_INIT("8704232567191")},
    {VALID_KR_BRN, true, STR_INIT("482-10-73567")},
    {VALID_KR_BRN, false, STR_INIT("4821073568")},
    {VALID_KR_DRIVER, true, STR_INIT("13-08-482107-35")},
    {VALID_KR_DRIVER, false, STR_INIT("29-08-482107-35")},
    {VALID_KR_DRIVER, false, STR_INIT("10-08-482107-35")},
    {VALID_SG_NRIC, true, STR_INIT("S4820735I")},
    {VALID_SG_NRIC, true, STR_INIT("T4820735E")},
    {VALID_SG_NRIC, true, STR_INIT("F4820735U")},
    {VALID_SG_NRIC, true, STR_INIT("G4820735P")},
    {VALID_SG_NRIC, true, STR_INIT("M4820735Q")},
    {VALID_SG_NRIC, false, STR_INIT("S4820735H")},
    {VALID_SG_NRIC, false, STR_INIT("A4820735J")},
    {VALID_SG_UEN, true, STR_INIT("48207315B")},
    {VALID_SG_UEN, true, STR_INIT("200948213H")},
    {VALID_SG_UEN, true, STR_INIT("T08LL4821L")},
    {VALID_SG_UEN, false, STR_INIT("T08LL48219")},
    {VALID_SG_UEN, false, STR_INIT("48207315Z")},
    {VALID_SG_UEN, false, STR_INIT("170048213Z")},
    {VALID_TH_ID, true, STR_INIT("3482107356298")},
    {VALID_TH_ID, true, STR_INIT("3-4821-07356-29-8")},
    {VALID_TH_ID, false, STR_INIT("3482107356299")},
    {VALID_TH_ID, false, STR_INIT("9482107356298")},
    {VALID_PH_TIN, true, STR_INIT("407-284-333")},
    {VALID_PH_TIN, true, STR_INIT("407-284-333-000")},
    {VALID_PH_TIN, false, STR_INIT("407284334")},
    {VALID_PH_TIN, false, STR_INIT("4072843330")},
    {VALID_AU_ABN, true, STR_INIT("52007064667")},
    {VALID_AU_ABN, true, STR_INIT("52 007 064 667")},
    {VALID_AU_ABN, false, STR_INIT("52007064668")},
    {VALID_AU_ACN, true, STR_INIT("482 107 353")},
    {VALID_AU_ACN, false, STR_INIT("482107354")},
    {VALID_AU_MEDICARE, true, STR_INIT("4821073581")},
    {VALID_AU_MEDICARE, true, STR_INIT("4821 07358 1")},
    {VALID_AU_MEDICARE, true, STR_INIT("48210735812")},
    {VALID_AU_MEDICARE, false, STR_INIT("4821073591")},
    {VALID_AU_MEDICARE, false, STR_INIT("7821073581")},
    {VALID_AU_MEDICARE, false, STR_INIT("4821073580")},
    {VALID_AU_TFN, true, STR_INIT("290419969")},
    {VALID_AU_TFN, true, STR_INIT("290 419 969")},
    {VALID_AU_TFN, false, STR_INIT("290419960")},
    {VALID_ZA_ID, true, STR_INIT("8704234821089")},
    {VALID_ZA_ID, false, STR_INIT("8714234821088")},
    {VALID_ZA_ID, false, STR_INIT("8704234821386")},
    {VALID_ZA_ID, false, STR_INIT("8704234821080")},
    {VALID_IP, true, STR_INIT("8.8.4.4")},
    {VALID_IP, true, STR_INIT("192.168.7.1")},
    {VALID_IP, true, STR_INIT("10.0.0.0/8")},
    {VALID_IP, true, STR_INIT("::")},
    {VALID_IP, true, STR_INIT("::1")},
    {VALID_IP, true, STR_INIT("fe80::1%eth0")},
    {VALID_IP, true, STR_INIT("2a02:8108:96c0::5/64")},
    {VALID_IP, true, STR_INIT("::ffff:81.2.69.160")},
    {VALID_IP, true, STR_INIT("1:2:3:4:5:6:7:8")},
    {VALID_IP, true, STR_INIT("1:2:3:4:5:6:9.9.9.9")},
    {VALID_IP, false, STR_INIT("256.1.1.1")},
    {VALID_IP, false, STR_INIT("1.2.3")},
    {VALID_IP, false, STR_INIT("1.2.3.4.5")},
    {VALID_IP, false, STR_INIT("01.2.3.4")},
    {VALID_IP, false, STR_INIT("1.2.3.4/33")},
    {VALID_IP, false, STR_INIT("1:2:3:4:5:6:7")},
    {VALID_IP, false, STR_INIT("1:2:3:4:5:6:7:8:9")},
    {VALID_IP, false, STR_INIT("1::2::3")},
    {VALID_IP, false, STR_INIT("12345::")},
    {VALID_IP, false, STR_INIT("::1/129")},
    {VALID_IP, false, STR_INIT("fe80::1%")},
    {VALID_IP, false, STR_INIT("1:2:3:4:5:6:7:9.9.9.9")},
    {VALID_IP, false, STR_INIT(":::")},
    {VALID_IP, false, STR_INIT("1:")},
    {VALID_IP, false, STR_INIT("")},
    {VALID_IP, false, STR_INIT("1.2.3.")},
    {VALID_IP, false, STR_INIT("::%!")},
    {VALID_IP_PUBLIC, true, STR_INIT("81.2.69.160")},
    {VALID_IP_PUBLIC, true, STR_INIT("172.32.0.1")},
    {VALID_IP_PUBLIC, true, STR_INIT("2a02:8108:96c0::5")},
    {VALID_IP_PUBLIC, true, STR_INIT("::ffff:81.2.69.160")},
    {VALID_IP_PUBLIC, true, STR_INIT("2001:4860::8")},
    {VALID_IP_PUBLIC, false, STR_INIT("10.1.2.3")},
    {VALID_IP_PUBLIC, false, STR_INIT("172.16.0.1")},
    {VALID_IP_PUBLIC, false, STR_INIT("192.168.7.1")},
    {VALID_IP_PUBLIC, false, STR_INIT("127.0.0.1")},
    {VALID_IP_PUBLIC, false, STR_INIT("0.0.0.0")},
    {VALID_IP_PUBLIC, false, STR_INIT("169.254.1.1")},
    {VALID_IP_PUBLIC, false, STR_INIT("100.64.3.2")},
    {VALID_IP_PUBLIC, false, STR_INIT("192.0.2.7")},
    {VALID_IP_PUBLIC, false, STR_INIT("198.51.100.7")},
    {VALID_IP_PUBLIC, false, STR_INIT("203.0.113.7")},
    {VALID_IP_PUBLIC, false, STR_INIT("198.18.3.4")},
    {VALID_IP_PUBLIC, false, STR_INIT("224.0.0.1")},
    {VALID_IP_PUBLIC, false, STR_INIT("255.255.255.255")},
    {VALID_IP_PUBLIC, false, STR_INIT("::")},
    {VALID_IP_PUBLIC, false, STR_INIT("::1")},
    {VALID_IP_PUBLIC, false, STR_INIT("fe80::1")},
    {VALID_IP_PUBLIC, false, STR_INIT("fd00::1")},
    {VALID_IP_PUBLIC, false, STR_INIT("ff02::1")},
    {VALID_IP_PUBLIC, false, STR_INIT("2001:db8::1")},
    {VALID_IP_PUBLIC, false, STR_INIT("3fff:1::")},
    {VALID_IP_PUBLIC, false, STR_INIT("::ffff:10.1.2.3")},
    {VALID_MAC, true, STR_INIT("02:42:ac:1e:9f:07")},
    {VALID_MAC, true, STR_INIT("02-42-AC-1E-9F-07")},
    {VALID_MAC, true, STR_INIT("0242.ac1e.9f07")},
    {VALID_MAC, false, STR_INIT("00:00:00:00:00:00")},
    {VALID_MAC, false, STR_INIT("ff:ff:ff:ff:ff:ff")},
    {VALID_MAC, false, STR_INIT("02:42:ac:1e:9f")},
    {VALID_MAC, false, STR_INIT("02:42-ac:1e:9f:07")},
    {VALID_MAC, false, STR_INIT("02:42:ac:1e:9f:0g")},
    {VALID_MAC, false, STR_INIT("0242:ac1e:9f07")},
    {VALID_BITCOIN, true, STR_INIT("15KeaSGDfciLtpEPNDrLu3EMJU53N6xF2a")},
    {VALID_BITCOIN, true, STR_INIT("361fVykfDX2iyyvpVKWwKfbHSzMm1Wt9eA")},
    {VALID_BITCOIN, false, STR_INIT("mjqbsVMCUe9bfvi15npiixSgATfkMxGjJw")},
    {VALID_BITCOIN, false, STR_INIT("15KeaSGDfciLtpEPNDrLu3EMJU53N6xF2z")},
    {VALID_BITCOIN, false,
     STR_INIT("5JAJL66ugfPxtdzfbtp7T3Gi4h1GwKYK4xuTnFC7soXtSNB6AVa")},
    {VALID_BITCOIN, true,
     STR_INIT("bc1q9an4hykn8wg2ahafj6pvlc58mxxyqlmn5xqnye")},
    {VALID_BITCOIN, true,
     STR_INIT("BC1Q9AN4HYKN8WG2AHAFJ6PVLC58MXXYQLMN5XQNYE")},
    {VALID_BITCOIN, true,
     STR_INIT(
         "bc1p587wgd3c2nlc3r8lfw88sawkqrpxsgusgy4geaumxlgtzy2gkraqhm8ue5")},
    {VALID_BITCOIN, false,
     STR_INIT("bc1q9an4hykn8wg2ahafj6pvlc58mxxyqlmnp6slpm")},
    {VALID_BITCOIN, false,
     STR_INIT("bc1q9an4hykn8wg2ahafj6pvlc58mxxyqlmn5xqnyq")},
    {VALID_BITCOIN, false,
     STR_INIT("BC1Q9AN4HYkn8wg2ahafj6pvlc58mxxyqlmn5xqnye")},
    {VALID_BITCOIN, false, STR_INIT("bc1q")},
    {VALID_ETHEREUM, true,
     STR_INIT("0xC69EA13227bACE6e1F8a06364d93F4A6F0463243")},
    {VALID_ETHEREUM, true,
     STR_INIT("0xc69ea13227bace6e1f8a06364d93f4a6f0463243")},
    {VALID_ETHEREUM, true,
     STR_INIT("0xC69EA13227BACE6E1F8A06364D93F4A6F0463243")},
    {VALID_ETHEREUM, false,
     STR_INIT("0xc69ea13227Bace6E1f8A06364D93f4a6f0463243")},
    {VALID_ETHEREUM, false,
     STR_INIT("0xC69EA13227bACE6e1F8a06364d93F4A6F046324")},
    {VALID_ETHEREUM, false,
     STR_INIT("0xdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef")},
    {VALID_ETHEREUM, false,
     STR_INIT("1xc69ea13227bace6e1f8a06364d93f4a6f0463243")},
};

static void test_rows(void)
{
    idrows_judged(rows, ARRAY_LEN(rows));
}

static void test_all_have_rows(void)
{
    idrows_all(rows, ARRAY_LEN(rows), VALID_BITCOIN, VALID_BR_CPF);
}

/* Of these no single digit can be mistyped (the Thai sum, say, has a digit that
 * weighs nothing). */
static void test_mistyped(void)
{
    static const enum validator strong[] = {
        VALID_CA_SIN,   VALID_US_NPI,     VALID_DE_TAX,          VALID_DE_VAT,
        VALID_ES_NIF,   VALID_ES_NIE,     VALID_FI_HETU,         VALID_IT_VAT,
        VALID_PL_PESEL, VALID_TR_ID,      VALID_SE_ORGANISATION, VALID_UK_NHS,
        VALID_SG_NRIC,  VALID_IN_AADHAAR, VALID_AU_ABN,          VALID_AU_TFN,
        VALID_ZA_ID,    VALID_BITCOIN};

    for (size_t i = 0; i < ARRAY_LEN(strong); i++)
        idrows_mistyped(rows, ARRAY_LEN(rows), strong[i], 0, SIZE_MAX);
    /* What follows is the branch, which has no check. */
    idrows_mistyped(rows, ARRAY_LEN(rows), VALID_PH_TIN, 0, 11);
    /* A century is not in the sum: the last ten digits are. */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].v == VALID_SE_PERSON)
            idrows_mistyped(&rows[i], 1, VALID_SE_PERSON,
                            rows[i].value.len == 13 ? 2 : 0, SIZE_MAX);
}

static void test_odd(void)
{
    idrows_odd(rows, ARRAY_LEN(rows));
}

static void test_numbers(void)
{
    CHECK(verhoeff_ok("2363", 4)); /* the usual example */
    CHECK(!verhoeff_ok("2364", 4) && !verhoeff_ok("", 0));
    CHECK(mod11_10_ok("07945", 5)); /* the example of ISO/IEC 7064 */
    CHECK(!mod11_10_ok("07946", 5) && !mod11_10_ok("0", 1));
    CHECK(icao_ok("L898902C36", 10)); /* the specimen of ICAO 9303 */
    CHECK(!icao_ok("L898902C37", 10) && !icao_ok("1", 1));
    CHECK(date_ok(2000, 2, 29) && date_ok(1996, 2, 29) && date_ok(0, 2, 29));
    CHECK(!date_ok(1900, 2, 29) && !date_ok(2001, 2, 29));
    CHECK(!date_ok(2001, 13, 1) && !date_ok(2001, 4, 31) && !date_ok(1, 0, 1));
}

/* Ethereum's own constants: the hash of nothing, and of "abc". */
static void test_keccak(void)
{
    static const struct {
        const char *in;
        unsigned char out[8];
    } cases[] = {
        {"", {0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c}},
        {"abc", {0x4e, 0x03, 0x65, 0x7a, 0xea, 0x45, 0xa9, 0x4f}},
    };
    unsigned char out[32];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        keccak256((const unsigned char *)cases[i].in, strlen(cases[i].in), out);
        CHECK(!memcmp(out, cases[i].out, 8));
    }
}

int main(void)
{
    RUN(test_rows);
    RUN(test_all_have_rows);
    RUN(test_mistyped);
    RUN(test_odd);
    RUN(test_numbers);
    RUN(test_keccak);
    return check_done();
}
