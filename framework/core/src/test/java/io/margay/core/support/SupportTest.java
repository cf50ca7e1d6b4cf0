// SPDX-License-Identifier: Apache-2.0
package io.margay.core.support;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SupportTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          login password=hunter22 ok              | login password=*** ok
          bgp.md5-password: "a b", next           | bgp.md5-password: "***", next
          {"apiToken":"abc","name":"x"}           | {"apiToken":"***","name":"x"}
          {"text":"{\\"secret\\":\\"abc\\"}"}     | {"text":"{\\"secret\\":\\"***\\"}"}
          secretKeyRef: {name: bgp, key: peer}    | secretKeyRef: {name: bgp, key: peer}
          Authorization: Bearer abcdefgh.ijk      | Authorization: Bearer ***
          route 10.1.0.0/26 via 192.0.2.2         | route 10.1.0.0/26 via 192.0.2.2
          """)
  void masksWhatIsCalledASecret(String text, String clean) {
    assertEquals(clean, new Redaction().apply(text));
  }

  @Test
  void masksSecretsWhereverTheyAre() throws IOException {
    Files.createDirectories(folder.resolve("secrets/bgp"));
    Files.writeString(folder.resolve("secrets/bgp/peer"), "of-a-file\n");
    Files.writeString(folder.resolve("x.cfg"), "# token = nothing\nadminToken = of-a-setting\n");
    String encoded = Base64.getEncoder().encodeToString("of-a-resource".getBytes());
    Redaction secrets = new Redaction();

    secrets.learnFiles(folder.resolve("secrets"));
    secrets.learnSettings(folder);
    secrets.learnResource(("{\"data\":{\"k\":\"" + encoded + "\"}}").getBytes());
    secrets.learn("useToken", "true");

    assertEquals(
        "x*** *** *** ***y true nothing",
        secrets.apply("xof-a-file of-a-setting " + encoded + " of-a-resourcey true nothing"));
  }

  @Test
  void shortensTheLargestFileFromItsBeginUntilAllFits() throws IOException {
    byte[] noise = new byte[Parcel.MAX_CHARS];
    new Random(1).nextBytes(noise);
    String large = Base64.getEncoder().encodeToString(noise) + "the end";

    String packed = Parcel.pack(Map.of("large", large, "small", "as it is"));
    Map<String, String> files = Parcel.unpack(packed);

    assertTrue(packed.length() <= Parcel.MAX_CHARS);
    assertEquals("as it is", files.get("small"));
    assertTrue(files.get("large").startsWith("(shortened)\n"));
    assertTrue(files.get("large").endsWith("the end"));
  }

  @Test
  void writesAnArchiveThatTarReads() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(out, Instant.EPOCH)) {
      tar.add("a/b", "one.txt", "1".getBytes());
      tar.add("a/b", "two.txt", new byte[1024]);
    }
    Path file = Files.write(folder.resolve("x.tar"), out.toByteArray());

    Process tar = new ProcessBuilder("tar", "-tf", file.toString()).start();
    String list = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertEquals(0, tar.waitFor());
    assertEquals("a/b/one.txt\na/b/two.txt\n", list);
  }

  private record Inner(int number) {}

  private record Row(String name, Optional<String> nothing, Inner inner, Instant time) {}

  @Test
  void writesRowsAsJson() {
    String text = RowText.of(new Row("x", Optional.empty(), new Inner(7), Instant.EPOCH));

    assertTrue(text.contains("\"inner\":{\"number\":7}"), text);
    assertTrue(text.contains("\"time\":\"1970-01-01T00:00:00Z\""), text);
    assertFalse(text.contains("Optional"), text);
  }
}
