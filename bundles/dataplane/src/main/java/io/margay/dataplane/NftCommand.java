// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.dataplane.Kernel.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The {@code nft} command, which knows nftables' language. Runs in the caller's namespace. */
final class NftCommand {
  private static final long DEADLINE_SECONDS = 20;

  /** Where it is even when the service's PATH does not say so. */
  private static final List<String> FOLDERS = List.of("/usr/sbin", "/sbin", "/usr/local/sbin");

  private NftCommand() {}

  static Optional<Path> find() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(Arrays.stream(path.split(":")), FOLDERS.stream())
        .filter(folder -> folder.startsWith("/"))
        .map(folder -> Path.of(folder, "nft"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Carries out a script as one transaction: all of it or nothing. Blocks some 20 ms.
   *
   * @param what for messages
   */
  static Optional<Refusal> run(String script, String what) {
    Optional<Path> nft = find();
    if (nft.isEmpty()) {
      return Optional.of(
          new Refusal("ENOENT", what + ": no nft command (install the package nftables)"));
    }
    try {
      Process process =
          new ProcessBuilder(nft.get().toString(), "-f", "-").redirectErrorStream(true).start();
      process.getOutputStream().write(script.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Optional.of(new Refusal("EAGAIN", what + ": nft does not end"));
      }
      return process.exitValue() == 0
          ? Optional.empty()
          : Optional.of(new Refusal("EINVAL", what + ": nft says " + firstLine(output)));
    } catch (IOException e) {
      return Optional.of(new Refusal("EIO", what + ": " + e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(new Refusal("EINTR", what + ": interrupted"));
    }
  }

  private static String firstLine(String output) {
    return output.lines().findFirst().orElse("nothing");
  }
}
