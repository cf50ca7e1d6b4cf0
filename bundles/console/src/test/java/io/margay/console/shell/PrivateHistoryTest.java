// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jline.reader.LineReaderBuilder;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrivateHistoryTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pool:list                                     | 1",
        "config:set io.margay.cni threads=16           | 1",
        "config:set io.margay.ssh hostKeyPassword=x    | 0",
        "bgp:peer add 192.0.2.1 --password x           | 0",
        "echo 'hunter2' ! ssh:passwd bob               | 0",
        "config:set io.margay.x 'token=a b'            | 0",
      })
  void keepsNoLineWithASecret(String line, int kept) throws IOException {
    PrivateHistory history = new PrivateHistory();
    try (var terminal =
        new ExternalTerminal(
            "test",
            "xterm",
            new ByteArrayInputStream(new byte[0]),
            new ByteArrayOutputStream(),
            StandardCharsets.UTF_8)) {
      LineReaderBuilder.builder().terminal(terminal).history(history).build();

      history.add(line.replace('!', '|'));
    }
    assertEquals(kept, history.size(), line);
  }
}
