// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetatypeReaderTest {
  @Test
  void readsWhatBndWrites() throws Exception {
    String document =
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <metatype:MetaData xmlns:metatype="http://www.osgi.org/xmlns/metatype/v1.4.0">
          <OCD id="io.margay.x.X$Config" name="X">
            <AD id="refreshSeconds" type="Integer" default="90" description="How often"/>
            <AD id="names" type="String" cardinality="2147483647" default="a,b\\,c"/>
          </OCD>
          <Designate pid="io.margay.x"><Object ocdref="io.margay.x.X$Config"/></Designate>
        </metatype:MetaData>
        """;

    assertEquals(
        List.of(
            new Setting("io.margay.x", "refreshSeconds", List.of("90"), "How often"),
            new Setting("io.margay.x", "names", List.of("a", "b,c"), "")),
        MetatypeReader.read(new ByteArrayInputStream(document.getBytes(StandardCharsets.UTF_8))));
  }
}
