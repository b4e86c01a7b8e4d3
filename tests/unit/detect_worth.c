#include "detect/worth.h"

#include "check.h"

/* Key-shaped values are made up. */
static const struct {
    const char *name, *value;
    bool taken;
} rows[] = {
    {"OPENAI_API_KEY", "sk-proj-Qm8Wj2Tn6Bv9Xs3Rd7Hf1Lp5", true},
    {"DB_PASSWORD", "p4ss-W0rt-auf-Deutsch", true},
    {"DB_PASSWORD", "correct-horse-battery", true},
    {"SMTP_PASS", "abcd efgh ijkl mnop", true},
    {"API_KEY", "6f1d2c3b-9a8e-4d7c-8b6a-5f4e3d2c1b0a", true},
    {"APP_SECRET", "0f3a91c7d2e84b56a1f09c3d7e5b2846", true},
    {"aws_secret_access_key", "Kz4+Qm8Wj2/Tn6Bv9+Xs3Rd7Hf1Lp5YcUeIoAr2G", true},
    {"aws_secret_access_key", "/z4+Qm8Wj2/Tn6Bv9+Xs3Rd7Hf1Lp5YcUeIoAr2G", true},
    {"SOMETHING", "Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1Lp5YcUeIoAr2G", true},
    /* what everybody has */
    {"DB_PASSWORD", "password1234", false},
    {"DB_PASSWORD", "P@$$w0rd1234!", false},
    {"DB_PASSWORD", "letmein123456", false},
    {"DB_PASSWORD", "trustno1trustno1", false},
    {"DB_PASSWORD", "my-secret-key", false},
    {"DB_PASSWORD", "postgres-password", false},
    {"DB_PASSWORD", "password48210735", true},
    {"DB_PASSWORD", "password-of-Kzqm", true},
    /* paths and addresses of secrets */
    {"GOOGLE_APPLICATION_CREDENTIALS", "/home/someone/keys/prod-1.json", false},
    {"SSH_KEY", "~/.ssh/id_ed25519_work", false},
    {"SSH_KEY", "C:\\Users\\someone\\keys\\work1", false},
    {"TOKEN_URL", "https://login.example.com/oauth2/v2.0/token", false},
    {"AUTH_SERVER", "https://login.example.com/oauth2/v2.0/token", false},
    {"KEYCLOAK_HOST_KEY", "auth.internal.example.com", false},
    {"SECRET_NAME", "production-database-credentials", false},
    {"AWS_SECRET_ARN_NAME", "prod/db/main-1", false},
    {"KEY_ID", "6f1d2c3b-9a8e-4d7c-8b6a-5f4e3d2c1b0a", false},
    {"TOKEN_EXPIRY", "2026-12-31T23:59:59", false},
    {"PASS_LENGTH", "12345678901234", false},
    {"S3_KEY_PREFIX", "uploads/2024/images/", false},
    {"GOOGLE_APPLICATION_CREDENTIALS", "creds/prod-account-1a2b.json", false},
    {"credential_source", "Ec2InstanceMetadata", false},
    {"credentialSource", "Ec2InstanceMetadata", false},
    {"VSCODE_GIT_ASKPASS_EXTRA_ARGS", "--ms-enable-electron-run-as-node",
     false},
    {"API_KEY_HEADER", "X-Example-Api-Key-2", false},
    {"OPENAI_KEY_DEPLOYMENT", "gpt-4o-mini-2024-07-18", false},
    {"OAUTH_SCOPES", "read:user user:email repo", false},
    {"AUTH_PROVIDERS", "google,github,email-2", false},
    {"AUTH_ALLOWED_EMAILS", "jane@corp.org,bob@corp.org", false},
    {"PASSWORD_RESET_SUBJECT", "Choose another password, please", false},
    {"PRIVATE_DNS", "ip-10-0-17-5.ec2.internal", false},
    {"PRIVATE_SUBNETS", "subnet-0a1b2c3d,subnet-4e5f6a7b", false},
    {"API_KEYS", "Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", true},
    {"CREDENTIALS", "Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", true},
    {"KEY_PASS", "Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", true},
    /* of a model's texts, not of who may use it */
    {"TOKENIZER", "meta-llama/Llama-3.1-8B-Instruct", false},
    {"HF_TOKENIZERS", "o200k_harmony-2", false},
    {"TOKENIZER_API_TOKEN", "Kz4Qm8Wj2Tn6Bv9Xs3Rd7", true},
    {"OPENAI_ACCESSTOKEN", "Kz4Qm8Wj2Tn6Bv9Xs3Rd7", true},
    /* ids that requests are made with */
    {"OPENAI_ASSISTANT_ID", "asst_Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", false},
    {"ASSISTANT", "asst_Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", false},
    {"VECTOR_STORE", "vs_Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", false},
    {"OPENAI_ORG", "org-Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", false},
    {"TRAINING_DATA", "file-Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", false},
    {"SHEET_ID", "1BxiKz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1Lp5YcUeIoAr2Gup", false},
    {"voiceId", "21m00Kz4Qm8Wj2Tn6Bv9Xs3", false},
    {"OPENAI_API_KEY", "org-Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", true},
    {"PASSWORD_HASH", "Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1", true},
    /* certificates and public keys, in base64 of PEM */
    {"certificate-authority-data",
     "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUMvakNDQWVhZ0F3SUJBZ0lCQURB"
     "TkJna3Foa2lHOXcwQkFRc0ZBREFWTVJNd0VRWURWUVFERXdwcmRXSmwK",
     false},
    {"client-key-data",
     "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpLejQrUW04V2oyL1RuNkJ2OStY",
     true},
    /* what everybody has */
    {"PASSWORD_STORE", "gnome-libsecret", false},
    {"API_KEY", "your-api-key-here", false},
    {"API_KEY", "xxxxxxxxxxxxxxxxxxxx", false},
    {"API_KEY", "${OPENAI_API_KEY}", false},
    {"API_KEY", "test", false},
    {"API_KEY", "sk-no-key-required", false},
    {"API_KEY", "no-key-required", false},
    {"API_KEY", "not-needed-here", false},
    {"API_KEY", "development", false},
    {"PASSWORD", "administrator", false},
    {"PASSWORD", "123456789012", false},
    {"TOKENIZERS_PARALLELISM", "false", false},
    {"KEYBOARD", "pc105-us-intl", false},
    {"NEXT_PUBLIC_MAPS_KEY", "Kz4Qm8Wj2Tn6Bv9Xs3Rd7", false},
    {"STRIPE_PUBLISHABLE_KEY", "pk_live_Kz4Qm8Wj2Tn6Bv9Xs3Rd7", false},
    {"AUTH_MODEL", "claude-3-5-sonnet-20241022", false},
    {"GIT_AUTHOR", "Jane Miller-Smith", false},
    {"COMPASS_VIEW", "north-by-north-west", false},
    /* names that say nothing */
    {"GITHUB_SHA", "0f3a91c7d2e84b56a1f09c3d7e5b284612345678", false},
    {"BUILD_ID", "6f1d2c3b-9a8e-4d7c-8b6a-5f4e3d2c1b0a", false},
    {"IMAGE", "registry.example.com/team/app:2.14.3-alpine", false},
    {"JAVA_OPTS", "-Xmx2G -XX:+UseG1GC -Dfile.encoding=UTF-8", false},
    {"CXX", "x86_64-conda-linux-gnu-c++", false},
    {"GPG_KEY", "E3FF2839C048B25C084DEBE9B26995E310250568", false},
    {"GREETING", "Good morning, how are you today?", false},
    {"PROMPT_COMMAND", "printf '\\033]0;%s@%s\\007'", false},
    {"NO_PROXY", "localhost,127.0.0.1,10.0.0.0/8", false},
    {"PKG_CONFIG_PATH", "/usr/lib/x86_64-linux-gnu/pkgconfig", false},
    {"HOSTTYPE", "x86_64", false},
    {"INVOCATION_ID", "0f3a91c7d2e84b56a1f09c3d7e5b2846", false},
    {"JOURNAL_STREAM", "8:123456789", false},
};

static bool taken(struct str name, struct str value)
{
    struct str part = worth_part(value);

    return !name_is_plain(name) &&
           worth_knowing(part, name_is_secret(name), 12);
}

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].name);
        if (!CHECK_INT(taken(str_of(rows[i].name), str_of(rows[i].value)),
                       rows[i].taken))
            check_show("value", str_of(rows[i].value));
    }
    CHECK_ROW(NULL);
}

static void test_names(void)
{
    CHECK(name_is_plain(STR("PATH")));
    CHECK(name_is_plain(STR("LC_ALL")));
    CHECK(name_is_plain(STR("SSH_AUTH_SOCK")));
    CHECK(!name_is_plain(STR("PATH_TOKEN")));
    CHECK(name_is_secret(STR("STRIPE_KEY")));
    CHECK(name_is_secret(STR("dbPassword")));
    CHECK(name_is_secret(STR("KEY1")));
    CHECK(name_is_secret(STR("DBPASS")));
    CHECK(name_is_secret(STR("_authToken")));
    CHECK(name_is_secret(STR("client-key-data")));
    CHECK(!name_is_secret(STR("KEY_FILE")));
    CHECK(!name_is_secret(STR("keyFile")));
    CHECK(name_is_secret(STR("TOKEN2")));
    CHECK(name_is_secret(STR("PASSW0RD")));
    CHECK(name_is_plain(STR("BUILD_ID")));
    CHECK(!name_is_plain(STR("VALID")));
    CHECK(!name_is_plain(STR("PASSWORD_DIGEST")));
    CHECK(!name_is_secret(STR("MONKEY")));
    CHECK(!name_is_secret(STR("AUTHOR")));
    CHECK(!name_is_secret(STR("")));
}

static void test_parts(void)
{
    static const struct {
        const char *value, *part;
    } parts[] = {
        {"Bearer abc-def", "abc-def"},
        {"bearer  abc-def", "abc-def"},
        {"postgres://bob:s3cr3t-Pa%24s@db.example.com:5432/x", "s3cr3t-Pa%24s"},
        {"postgres://bob:a@b@db.example.com/x", "a@b"},
        {"redis://:only-a-password@cache:6379", "only-a-password"},
        {"https://example.com/a:b@c", ""},
        {"https://bob@example.com/", ""},
        {"https://", ""},
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "c2lnbmF0dXJl"},
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", NULL},
        {"plain", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const char *want =
            parts[i].part != NULL ? parts[i].part : parts[i].value;

        CHECK_ROW(parts[i].value);
        CHECK_EQ(worth_part(str_of(parts[i].value)), str_of(want));
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    RUN(test_rows);
    RUN(test_names);
    RUN(test_parts);
    return check_done();
}
