// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Traffic between all pods of a lab, by {@code margay lab loss}, until it is asked for losses. */
final class Loss implements AutoCloseable {
  private final Process process;
  private final Path directory;

  private Loss(Process process, Path directory) {
    this.process = process;
    this.directory = directory;
  }

  /**
   * Returns when packets are counted.
   *
   * @param pps packets per second in all
   */
  static Loss in(Lab lab, int pps) throws IOException {
    Path directory = Files.createTempDirectory("margay-loss");
    Path progress = directory.resolve("progress");
    Process process =
        lab.begin(
            "loss",
            "--pps",
            Integer.toString(pps),
            "--seconds",
            "0",
            "--progress",
            progress.toString(),
            "--json",
            directory.resolve("report").toString());
    Lab.await(
        "packets are counted",
        () -> {
          assertTrue(process.isAlive(), "margay lab loss ended");
          return Files.exists(progress);
        });
    return new Loss(process, directory);
  }

  /** Ends the traffic. */
  void assertNone() throws Exception {
    process.toHandle().destroy();
    Result result = Shell.end(process);
    JsonObject report =
        JsonParser.parseString(Files.readString(directory.resolve("report"))).getAsJsonObject();
    assertEquals("ok", report.get("verdict").getAsString(), result.output());
    assertTrue(report.get("sent").getAsLong() > 1000, result.output());
  }

  @Override
  public void close() throws IOException {
    process.toHandle().destroy();
    Shell.run("rm", "-rf", directory.toString());
  }
}
