// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.launcher.ConfigCheck;
import io.margay.launcher.settings.Metatype;
import io.margay.launcher.settings.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every key that a bundle reads is in etc/, with its default, as a comment to be taken away. */
class EtcIT {
  @Test
  void showsEveryKeyWithItsDefault() throws Exception {
    List<String> missing = new ArrayList<>();
    Metatype metatype = ConfigCheck.metatype(Distribution.bundles());
    for (Map.Entry<String, Map<String, Setting>> entry : metatype.settingsByPid().entrySet()) {
      if (entry.getKey().startsWith("io.margay.")) {
        Path file = Distribution.HOME.resolve("etc").resolve(entry.getKey() + ".cfg");
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        for (Setting setting : entry.getValue().values()) {
          String line = ("# " + setting.key() + " = " + setting.initial()).strip();
          if (!lines.contains(line)) {
            missing.add(file.getFileName() + ": " + line);
          }
        }
      }
    }

    assertEquals(List.of(), missing);
  }
}
