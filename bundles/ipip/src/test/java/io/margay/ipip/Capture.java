// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Packets that dumpcap records on a link {@code eth0}, for tshark to read. */
final class Capture implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 30;

  private final Process dumpcap;
  private final Path file;

  private Capture(Process dumpcap, Path file) {
    this.dumpcap = dumpcap;
    this.file = file;
  }

  /** Returns once no packet is missed any more; the recording ends with so many packets. */
  static Capture start(String netns, int packets, String filter) throws IOException {
    Path file = Files.createTempFile("capture", ".pcapng");
    List<String> command = new ArrayList<>();
    command.addAll(List.of("nsenter", "--net=/run/netns/" + netns, "dumpcap", "-i", "eth0"));
    command.addAll(List.of("-f", filter, "-c", "" + packets, "-w", file.toString()));
    Process dumpcap = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader output = dumpcap.inputReader();
    StringBuilder said = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      said.append(line).append('\n');
      if (line.startsWith("File: ")) {
        return new Capture(dumpcap, file);
      }
    }
    return fail("dumpcap: " + said);
  }

  /** The fields of each packet, a packet a line, values of one packet by spaces, outer first. */
  List<String> fields(String... names) throws Exception {
    if (!dumpcap.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      dumpcap.destroy();
      dumpcap.waitFor();
    }
    List<String> command = new ArrayList<>();
    command.addAll(List.of("tshark", "-r", file.toString(), "-o", "ip.check_checksum:TRUE"));
    command.addAll(List.of("-o", "tcp.check_checksum:TRUE", "-o", "ip.defragment:FALSE"));
    command.addAll(List.of("-T", "fields", "-E", "separator=/s", "-E", "aggregator=,"));
    for (String name : names) {
      command.addAll(List.of("-e", name));
    }
    Process tshark =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return new String(tshark.getInputStream().readAllBytes()).lines().toList();
  }

  @Override
  public void close() throws IOException {
    dumpcap.destroyForcibly();
    Files.deleteIfExists(file);
  }
}
