// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lays what an operator has put onto this node, the folder {@code installed} of the state
 * directory, over the bundles of the distribution. Core writes it when bundles are swapped.
 *
 * <p>A jar there runs instead of the distribution's bundle of its name, unless that has a higher
 * version: then the distribution was upgraded since. What cannot be read or was changed is left
 * out, and said: a node that runs without it is better than one that does not start.
 */
final class InstalledBundles {
  private static final Logger LOG = LoggerFactory.getLogger(InstalledBundles.class);

  /** Before it, what is added starts: an agent that starts finds its modes. */
  private static final String CORE = "io.margay.core";

  /**
   * A bundle to start.
   *
   * @param isOfDistribution whether it comes with the distribution
   * @param instead the distribution's bundle, which is to be started when this one does not
   */
  record Choice(
      String name, Version version, Path file, boolean isOfDistribution, Optional<Path> instead) {}

  private final Path folder;

  InstalledBundles(Path folder) {
    this.folder = folder;
  }

  /** The bundles to start, in order. */
  List<Choice> over(BundleList distribution) throws Refusal {
    Map<String, Choice> chosen = new LinkedHashMap<>();
    for (Path file : distribution.files()) {
      Choice choice = read(file, true);
      chosen.put(choice.name(), choice);
    }
    Map<String, Choice> added = new LinkedHashMap<>();
    for (Choice own : verified()) {
      Choice theirs = chosen.get(own.name());
      if (theirs == null) {
        added.put(own.name(), own);
      } else if (theirs.version().compareTo(own.version()) > 0) {
        LOG.info("Installed bundle is older than the distribution's bundle={}", own.file());
      } else {
        chosen.put(
            own.name(),
            new Choice(own.name(), own.version(), own.file(), false, Optional.of(theirs.file())));
      }
    }
    lines("removed").forEach(chosen::remove);
    List<Choice> ordered = new ArrayList<>();
    for (Choice choice : chosen.values()) {
      if (choice.name().equals(CORE)) {
        ordered.addAll(added.values());
      }
      ordered.add(choice);
    }
    if (!chosen.containsKey(CORE)) {
      ordered.addAll(added.values());
    }
    return ordered;
  }

  private List<Choice> verified() {
    List<Choice> found = new ArrayList<>();
    for (String line : lines(BundleList.FILE_NAME)) {
      String[] hashAndFile = line.split("  ", 2);
      Path file = folder.resolve(hashAndFile[hashAndFile.length - 1]);
      try {
        String actual = BundleList.sha256(file);
        if (actual.equals(hashAndFile[0])) {
          found.add(read(file, false));
        } else {
          LOG.error("Installed bundle left out: it was changed bundle={} sha256={}", file, actual);
        }
      } catch (Refusal e) {
        LOG.error("Installed bundle left out: {}", e.getMessage());
      }
    }
    return found;
  }

  private List<String> lines(String name) {
    try {
      return Files.readAllLines(folder.resolve(name)).stream()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .toList();
    } catch (NoSuchFileException e) {
      return List.of(); // Nothing was swapped on this node yet.
    } catch (IOException e) {
      LOG.error("Installed bundles left out: {}", e.toString());
      return List.of();
    }
  }

  private static Choice read(Path file, boolean isOfDistribution) throws Refusal {
    try (JarFile jar = new JarFile(file.toFile(), false)) {
      Manifest manifest = jar.getManifest();
      Attributes headers = manifest == null ? new Attributes() : manifest.getMainAttributes();
      String name = headers.getValue(Constants.BUNDLE_SYMBOLICNAME);
      if (name == null) {
        throw new Refusal(Refusal.SOFTWARE, file + " is no bundle: it has no symbolic name");
      }
      Version version = Version.parseVersion(headers.getValue(Constants.BUNDLE_VERSION));
      return new Choice(
          name.split(";")[0].strip(), version, file, isOfDistribution, Optional.empty());
    } catch (IOException | IllegalArgumentException e) {
      throw new Refusal(Refusal.SOFTWARE, file + " is no bundle: " + e.getMessage(), e);
    }
  }
}
