// SPDX-License-Identifier: Apache-2.0
package io.margay.core.trust;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.core.trust.Trust.Required;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys by keytool(1) and signatures by jarsigner(1), as vendors make them. */
class TrustTest {
  @TempDir static Path keys;

  @TempDir Path temp;
  private Path jar;
  private Path certificates;
  private Trust trust;

  /** An authority, a vendor with its certificate, and a vendor who is an authority of its own. */
  @BeforeAll
  static void makeKeys() throws Exception {
    key("authority", "-ext", "bc:c");
    key("acme");
    key("lonely");
    tool("keytool", "-certreq", "-alias", "acme", "-file", keys.resolve("acme.csr").toString());
    tool(
        "keytool",
        "-gencert",
        "-alias",
        "authority",
        "-infile",
        keys.resolve("acme.csr").toString(),
        "-outfile",
        keys.resolve("acme.crt").toString());
    tool("keytool", "-importcert", "-alias", "acme", "-file", keys.resolve("acme.crt").toString());
  }

  private static void key(String name, String... more) throws Exception {
    List<String> words = new ArrayList<>(List.of("-genkeypair", "-alias", name));
    words.addAll(List.of("-keyalg", "EC", "-dname", "CN=" + name, "-validity", "2"));
    words.addAll(List.of(more));
    tool("keytool", words.toArray(String[]::new));
  }

  private static void tool(String name, String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", name).toString());
    command.addAll(List.of("-keystore", keys.resolve("store").toString()));
    command.addAll(List.of("-storepass", "secret"));
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
  }

  @BeforeEach
  void aJar() throws Exception {
    jar = temp.resolve("mode.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream to = new JarOutputStream(out, manifest)) {
      to.putNextEntry(new JarEntry("one.txt"));
      to.write(1);
      to.putNextEntry(new JarEntry("two.txt"));
      to.write(2);
    }
    certificates = Files.createDirectories(temp.resolve("trust"));
    trust = new Trust(certificates, Clock.systemUTC());
  }

  @Test
  void anUnsignedJarMayRunUnlessSignaturesAreRequired() throws Exception {
    assertEquals(Optional.empty(), trust.check(jar, Required.any));
    assertRefused(
        "mode.jar is not signed (io.margay.bundle.cfg: trust is signed; sign it by jarsigner)");
  }

  @Test
  void trustsASignerWhoseCertificateIsThere() throws Exception {
    sign("lonely");
    trusted("lonely");

    assertEquals("CN=lonely", trust.check(jar, Required.signed).orElseThrow().name());
  }

  @Test
  void trustsWhomATrustedAuthorityVouchesFor() throws Exception {
    sign("acme");
    trusted("authority");

    assertEquals("CN=acme", trust.check(jar, Required.signed).orElseThrow().name());
  }

  @Test
  void doesNotTrustAStranger() throws Exception {
    sign("lonely");
    trusted("authority");

    assertEquals("CN=lonely", trust.check(jar, Required.any).orElseThrow().name());
    assertRefused(
        "mode.jar is signed by CN=lonely, whom nobody here trusts (put the certificate into "
            + certificates
            + ")");
  }

  @Test
  void doesNotTrustAnExpiredCertificate() throws Exception {
    sign("lonely");
    trusted("lonely");
    trust = new Trust(certificates, Clock.offset(Clock.system(ZoneOffset.UTC), Duration.ofDays(3)));

    assertRefused("mode.jar is signed by CN=lonely, whose certificate has expired");
  }

  @Test
  void refusesAChangedEntryWhateverIsRequired() throws Exception {
    sign("lonely");
    change(entries -> entries.put("one.txt", new byte[] {9}));

    assertTampered("one.txt");
  }

  @Test
  void refusesAnAddedEntry() throws Exception {
    sign("lonely");
    change(entries -> entries.put("three.txt", new byte[] {3}));

    assertTampered("three.txt is not signed");
  }

  @Test
  void refusesAJarThatLacksAnEntry() throws Exception {
    sign("lonely");
    change(entries -> entries.remove("two.txt"));

    assertTampered("two.txt is missing");
  }

  @Test
  void refusesAChangedManifest() throws Exception {
    sign("lonely");
    change(
        entries ->
            entries.merge(
                JarFile.MANIFEST_NAME,
                new byte[0],
                (text, nothing) ->
                    new String(text, StandardCharsets.UTF_8)
                        .replaceFirst("\r\n", "\r\nMargay-Swap: after\r\n")
                        .getBytes(StandardCharsets.UTF_8)));

    assertTampered("Manifest main attributes");
  }

  @Test
  void saysWhatIsNoCertificate() throws Exception {
    sign("lonely");
    Files.writeString(certificates.resolve("x.pem"), "no certificate");

    RefusedException refusal =
        assertThrows(RefusedException.class, () -> trust.check(jar, Required.signed));

    assertTrue(refusal.getMessage().startsWith(certificates.resolve("x.pem") + " is no X.509"));
  }

  private interface Change {
    void make(Map<String, byte[]> entries);
  }

  private void change(Change change) throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (JarFile from = new JarFile(jar.toFile(), false)) {
      for (JarEntry entry : from.stream().toList()) {
        try (InputStream in = from.getInputStream(entry)) {
          entries.put(entry.getName(), in.readAllBytes());
        }
      }
    }
    change.make(entries);
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue());
      }
    }
  }

  private void sign(String name) throws Exception {
    tool("jarsigner", jar.toString(), name);
  }

  private void trusted(String name) throws Exception {
    String file = certificates.resolve(name + ".pem").toString();
    tool("keytool", "-exportcert", "-rfc", "-alias", name, "-file", file);
  }

  private void assertRefused(String message) {
    RefusedException refusal =
        assertThrows(RefusedException.class, () -> trust.check(jar, Required.signed));
    assertEquals(message, refusal.getMessage());
  }

  private void assertTampered(String what) {
    RefusedException refusal =
        assertThrows(RefusedException.class, () -> trust.check(jar, Required.any));
    assertTrue(
        refusal.getMessage().startsWith("mode.jar was changed after it was signed: "),
        refusal.getMessage());
    assertTrue(refusal.getMessage().contains(what), refusal.getMessage());
  }
}
