// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bundles of the distribution in start order, each proven to be the one that was built.
 *
 * <p>{@code bundles.lock} is written by the build in the format of sha256sum(1), so that {@code
 * sha256sum -c bundles.lock} tells the same as a start of the agent. Lines that begin with # are
 * comments.
 */
record BundleList(List<Path> files) {
  static final String FILE_NAME = "bundles.lock";

  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64})  (\\S.*)");

  BundleList {
    files = List.copyOf(files);
  }

  /** Reads the list in {@code home} and compares every file with its hash. */
  static BundleList verified(Path home) throws Refusal {
    Path list = home.resolve(FILE_NAME);
    List<Path> files = new ArrayList<>();
    for (String line : lines(list)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        throw damaged(list + ": \"" + line + "\" (expected: SHA256, two spaces, file)");
      }
      Path file = home.resolve(matcher.group(2));
      String actual = sha256(file);
      if (!actual.equals(matcher.group(1))) {
        throw damaged(file + ": sha256 is " + actual + " (expected: " + matcher.group(1) + ")");
      }
      files.add(file);
    }
    return new BundleList(files);
  }

  private static List<String> lines(Path list) throws Refusal {
    try {
      return Files.readAllLines(list);
    } catch (IOException e) {
      throw new Refusal(Refusal.SOFTWARE, "list of bundles: " + e, e);
    }
  }

  static String sha256(Path file) throws Refusal {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchFileException e) {
      throw new Refusal(Refusal.SOFTWARE, file + ": bundle is missing", e);
    } catch (IOException e) {
      throw new Refusal(Refusal.SOFTWARE, file + ": " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private static Refusal damaged(String problem) {
    return new Refusal(Refusal.SOFTWARE, problem + "; the installation is damaged");
  }
}
