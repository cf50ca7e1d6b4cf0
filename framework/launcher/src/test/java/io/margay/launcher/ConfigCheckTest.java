// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.margay.launcher.settings.Metatype;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xml.sax.SAXParseException;

class ConfigCheckTest {
  private static final String METATYPE =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <metatype:MetaData xmlns:metatype="http://www.osgi.org/xmlns/metatype/v1.4.0">
        <OCD id="io.margay.core.Config" name="Config">
          <AD id="vni" type="Integer" required="true" default="4096" min="1" max="16777215"/>
          <AD id="weight" type="Double" required="true" max="1.5"/>
          <AD id="revision" type="Long" required="true" min="0"/>
          <AD id="natOutgoing" type="Boolean" required="true"/>
          <AD id="prefix" type="String" required="true" min="1" max="4"/>
          <AD id="rpFilter" type="String" required="true">
            <Option label="manage" value="manage"/>
            <Option label="leave" value="leave"/>
          </AD>
        </OCD>
        <Designate pid="io.margay.core">
          <Object ocdref="io.margay.core.Config"/>
        </Designate>
        <Designate factoryPid="io.margay.peer">
          <Object ocdref="io.margay.core.Config"/>
        </Designate>
      </metatype:MetaData>
      """;

  @TempDir Path etc;
  private ConfigCheck check;

  @BeforeEach
  void readMetatype() throws Exception {
    check = new ConfigCheck(new Metatype(Metatype.parse(stream(METATYPE))));
  }

  @Test
  void takesValuesWithinTheirLimits() throws Exception {
    write(
        "io.margay.core.cfg",
        """
        # comment
        vni = 16777215
        weight: 0.5e0
        revision = 9223372036854775807
        natOutgoing=true
        prefix = ca\\
          li
        rpFilter = leave
        """);
    write("io.margay.peer-one.cfg", "vni = 1");
    write("io.margay.peer~two.cfg", "vni = 2");
    write("org.example.cfg", "anything = goes");

    check.check(etc);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vni=0            | vni: 0 (expected: a whole number 1..16777215)",
        "vni=16777216     | vni: 16777216 (expected: a whole number 1..16777215)",
        "vni=99999999999  | vni: 99999999999 (expected: a whole number 1..16777215)",
        "vni=ten          | vni: ten (expected: a whole number 1..16777215)",
        "vni=             | vni:  (expected: a whole number 1..16777215)",
        "weight=2         | weight: 2 (expected: a number at most 1.5)",
        "weight=NaN       | weight: NaN (expected: a number at most 1.5)",
        "revision=-1      | revision: -1 (expected: a whole number 0 or more)",
        "natOutgoing=yes  | natOutgoing: yes (expected: true or false)",
        "prefix=calico    | prefix: calico (expected: a text of 1..4 characters)",
        "rpFilter=strict  | rpFilter: strict (expected: one of manage, leave)",
        "vnI=1            | unknown key vnI (value 1); did you mean vni?",
        "rp_filter=leave  | unknown key rp_filter (value leave); did you mean rpFilter?",
        "colour=red       | unknown key colour (value red); known: natOutgoing, prefix, revision,"
            + " rpFilter, vni, weight",
      })
  void namesFileKeyValueAndWhatIsAllowed(String line, String problem) throws IOException {
    write("io.margay.core.cfg", line);

    Refusal refusal = assertThrows(Refusal.class, () -> check.check(etc));

    assertEquals(78, refusal.exitCode());
    assertEquals(etc.resolve("io.margay.core.cfg") + ": " + problem, refusal.getMessage());
  }

  @Test
  void reportsEveryProblemOfEveryFile() throws IOException {
    write("io.margay.core.cfg", "vni = 0\nprefix = calico");
    write("io.margay.cor.cfg", "vni = 1");

    Refusal refusal = assertThrows(Refusal.class, () -> check.check(etc));

    assertEquals(
        """
        ETC/io.margay.cor.cfg: no bundle takes configuration io.margay.cor; did you mean io.margay.core?
        ETC/io.margay.core.cfg: prefix: calico (expected: a text of 1..4 characters)
        ETC/io.margay.core.cfg: vni: 0 (expected: a whole number 1..16777215)\
        """,
        refusal.getMessage().replace(etc.toString(), "ETC"));
  }

  @Test
  void refusesAMissingDirectory() {
    Refusal refusal = assertThrows(Refusal.class, () -> check.check(etc.resolve("nowhere")));

    assertEquals(78, refusal.exitCode());
  }

  @Test
  void readsNoEntityFromOutside() {
    String document =
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><MetaData>&e;</MetaData>";

    assertThrows(SAXParseException.class, () -> Metatype.parse(stream(document)));
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(etc.resolve(file), text);
  }

  private static ByteArrayInputStream stream(String document) {
    return new ByteArrayInputStream(document.getBytes(StandardCharsets.UTF_8));
  }
}
