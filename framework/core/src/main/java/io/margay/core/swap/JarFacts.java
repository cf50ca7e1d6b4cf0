// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * What a jar says about itself.
 *
 * @param name symbolic name of the bundle
 * @param sha256 of the file, lower-case hexadecimal
 * @param ownsPort whether the bundle cannot run beside an older version of itself: {@code
 *     Margay-Swap: after} in its manifest
 */
record JarFacts(Path file, String name, Version version, String sha256, boolean ownsPort) {
  /** Manifest header: {@code beside} (also when it is missing) or {@code after}. */
  static final String SWAP = "Margay-Swap";

  /** Reads a jar. */
  static JarFacts read(Path file) throws SwapException {
    try (JarFile jar = new JarFile(file.toFile(), false)) {
      Manifest manifest = jar.getManifest();
      if (manifest == null) {
        throw new SwapException(file.getFileName() + " is no bundle: it has no manifest");
      }
      Attributes headers = manifest.getMainAttributes();
      String name = headers.getValue(Constants.BUNDLE_SYMBOLICNAME);
      if (name == null) {
        throw new SwapException(file.getFileName() + " is no bundle: it has no symbolic name");
      }
      if (headers.getValue(Constants.FRAGMENT_HOST) != null) {
        throw new SwapException(
            file.getFileName() + " is a fragment; install it with its host by margay upgrade");
      }
      return new JarFacts(
          file.toAbsolutePath().normalize(),
          name.split(";")[0].strip(),
          version(file, headers.getValue(Constants.BUNDLE_VERSION)),
          sha256(file),
          ownsPort(file, headers.getValue(SWAP)));
    } catch (IOException e) {
      throw new SwapException(file + " cannot be read as a jar: " + e.getMessage(), e);
    }
  }

  /** How the version is shown: the name and what follows it. */
  String title() {
    return name + " " + version;
  }

  /** Name of the file under which an agent keeps it. */
  String keptAs() {
    return name + "-" + version + "-" + sha256.substring(0, 8) + ".jar";
  }

  private static Version version(Path file, String text) throws SwapException {
    try {
      return Version.parseVersion(text);
    } catch (IllegalArgumentException e) {
      throw new SwapException(file.getFileName() + ": Bundle-Version: " + e.getMessage(), e);
    }
  }

  private static boolean ownsPort(Path file, String text) throws SwapException {
    if (text != null && !text.equals("beside") && !text.equals("after")) {
      throw new SwapException(
          file.getFileName() + ": " + SWAP + ": " + text + " (expected: beside or after)");
    }
    return "after".equals(text);
  }

  static String sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
