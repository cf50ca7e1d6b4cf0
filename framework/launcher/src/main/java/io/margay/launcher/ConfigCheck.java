// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import io.margay.launcher.settings.Metatype;
import io.margay.launcher.settings.Setting;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import javax.xml.parsers.ParserConfigurationException;
import org.xml.sax.SAXException;

/**
 * Compares every {@code io.margay.*.cfg} with what the bundles declare, before any bundle starts.
 *
 * <p>Declarative Services would silently take the default for a misspelt key, and 0 for a number it
 * cannot read.
 */
public final class ConfigCheck {
  private static final String FOLDER = "OSGI-INF/metatype/";

  private final Metatype metatype;

  ConfigCheck(Metatype metatype) {
    this.metatype = metatype;
  }

  /** Reads the metatype documents of these bundles. */
  public static Metatype metatype(List<Path> bundles) throws Refusal {
    Map<String, Map<String, Setting>> settingsByPid = new TreeMap<>();
    for (Path bundle : bundles) {
      try (JarFile jar = new JarFile(bundle.toFile(), false)) {
        List<ZipEntry> documents = new ArrayList<>();
        jar.stream()
            .filter(e -> e.getName().startsWith(FOLDER) && e.getName().endsWith(".xml"))
            .forEach(documents::add);
        for (ZipEntry document : documents) {
          try (InputStream in = jar.getInputStream(document)) {
            settingsByPid.putAll(Metatype.parse(in));
          }
        }
      } catch (IOException | SAXException | ParserConfigurationException e) {
        throw new Refusal(Refusal.SOFTWARE, bundle + ": metatype: " + e.getMessage(), e);
      }
    }
    return new Metatype(settingsByPid);
  }

  /** Refuses with every problem of every file, one per line. */
  void check(Path etc) throws Refusal {
    List<String> problems = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(etc, "io.margay.*.cfg")) {
      for (Path file : files) {
        problems.addAll(problems(file));
      }
    } catch (IOException e) {
      throw new Refusal(Refusal.CONFIG, "configuration: " + e, e);
    }
    if (!problems.isEmpty()) {
      problems.sort(null);
      throw new Refusal(Refusal.CONFIG, String.join("\n", problems));
    }
  }

  private List<String> problems(Path file) throws IOException {
    Properties lines = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      lines.load(reader);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    Map<String, String> texts = new TreeMap<>();
    lines.stringPropertyNames().forEach(key -> texts.put(key, lines.getProperty(key)));
    return metatype.problems(file.getFileName().toString(), texts).stream()
        .map(problem -> file + ": " + problem)
        .toList();
  }
}
