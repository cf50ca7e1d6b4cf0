// SPDX-License-Identifier: Apache-2.0
package io.margay.core.trust;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipException;

/**
 * Reads who signed a jar, all of it (jarsigner(1), JAR File Specification, "Signed JAR File"). Java
 * itself is content with a jar some of whose entries are not signed, or are gone.
 */
final class SignedJar {
  private SignedJar() {}

  /**
   * The signer of every entry; empty when nothing is signed.
   *
   * @throws RefusedException the jar was changed after it was signed
   */
  static Optional<Signer> signer(Path file) throws RefusedException {
    try (JarFile jar = new JarFile(file.toFile(), true)) {
      List<JarEntry> entries = entries(jar);
      if (jar.stream().noneMatch(e -> isSignature(e.getName()))) {
        return Optional.empty();
      }
      Optional<Signer> signer = Optional.empty();
      for (JarEntry entry : entries) {
        read(jar, entry);
        List<Signer> signers = signers(entry);
        if (signers.isEmpty()) {
          throw tampered(file, entry.getName() + " is not signed");
        }
        if (signer.isPresent() && !signers.contains(signer.get())) {
          throw tampered(file, entry.getName() + " is signed by " + signers.get(0).name());
        }
        signer = signer.or(() -> Optional.of(signers.get(0)));
      }
      checkComplete(file, jar.getManifest(), entries);
      return signer;
    } catch (SecurityException e) {
      throw tampered(file, e.getMessage());
    } catch (ZipException e) {
      throw new RefusedException(file.getFileName() + " is no jar: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new RefusedException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<JarEntry> entries(JarFile jar) {
    List<JarEntry> entries = new ArrayList<>();
    jar.stream()
        .filter(e -> !e.isDirectory())
        .filter(e -> !e.getName().equalsIgnoreCase(JarFile.MANIFEST_NAME))
        .filter(e -> !isSignature(e.getName()))
        .forEach(entries::add);
    return entries;
  }

  /** Who signed an entry is known only once it was read to its end. */
  private static void read(JarFile jar, JarEntry entry) throws IOException {
    try (InputStream in = jar.getInputStream(entry)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }

  private static List<Signer> signers(JarEntry entry) {
    List<Signer> signers = new ArrayList<>();
    CodeSigner[] found = entry.getCodeSigners();
    for (CodeSigner signer : found == null ? new CodeSigner[0] : found) {
      List<X509Certificate> chain = new ArrayList<>();
      for (Certificate certificate : signer.getSignerCertPath().getCertificates()) {
        chain.add((X509Certificate) certificate);
      }
      signers.add(new Signer(chain));
    }
    return signers;
  }

  private static void checkComplete(Path file, Manifest manifest, List<JarEntry> entries)
      throws RefusedException {
    Set<String> missing = new HashSet<>(manifest.getEntries().keySet());
    entries.forEach(e -> missing.remove(e.getName()));
    missing.removeIf(name -> name.endsWith("/") || isSignature(name));
    if (!missing.isEmpty()) {
      throw tampered(file, missing.iterator().next() + " is missing");
    }
  }

  private static boolean isSignature(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.matches("META-INF/([^/]*\\.(SF|RSA|DSA|EC)|SIG-[^/]*)");
  }

  private static RefusedException tampered(Path file, String what) {
    return new RefusedException(file.getFileName() + " was changed after it was signed: " + what);
  }
}
