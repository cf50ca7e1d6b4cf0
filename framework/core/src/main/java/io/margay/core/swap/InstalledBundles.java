// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What this node runs besides, or instead of, what the distribution has: the folder {@code
 * installed} of the state directory. The launcher lays it over the distribution at the next start.
 * Confined to the swap thread.
 *
 * <p>{@code bundles.lock} has a line {@code SHA256 FILE} for each jar in force, as sha256sum(1)
 * writes it; {@code removed} the names of bundles of the distribution that are not to run; {@code
 * preferred} a line {@code MODE BUNDLE} for each mode that several bundles provide.
 */
final class InstalledBundles {
  private static final String LOCK = "bundles.lock";
  private static final String REMOVED = "removed";
  private static final String PREFERRED = "preferred";

  private final Path folder;
  private final Path distribution;

  /**
   * What a node has.
   *
   * @param distribution folder of the distribution's bundles, which stay where they are
   */
  InstalledBundles(Path folder, Path distribution) {
    this.folder = folder;
    this.distribution = distribution;
  }

  /** Copies a jar to where it stays while it may be needed; the copy, facts and all. */
  JarFacts keep(JarFacts jar) throws IOException {
    if (jar.file().startsWith(distribution)) {
      return jar;
    }
    Path kept = folder.resolve(jar.keptAs());
    if (!jar.file().equals(kept)) {
      Files.createDirectories(folder);
      Path fresh = folder.resolve(jar.keptAs() + ".new");
      Files.copy(jar.file(), fresh, StandardCopyOption.REPLACE_EXISTING);
      if (!JarFacts.sha256(fresh).equals(jar.sha256())) {
        Files.delete(fresh);
        throw new IOException(jar.file() + " changed while it was read");
      }
      sync(fresh);
      Files.move(fresh, kept, StandardCopyOption.ATOMIC_MOVE);
    }
    return new JarFacts(kept, jar.name(), jar.version(), jar.sha256(), jar.ownsPort());
  }

  /** A bundle runs from this jar from now on, also after a restart. */
  void put(JarFacts jar) throws IOException {
    Map<String, JarFacts> jars = jars();
    if (jar.file().startsWith(folder)) {
      jars.put(jar.name(), jar);
    } else {
      jars.remove(jar.name()); // The one of the distribution.
    }
    write(jars);
    setRemoved(jar.name(), false);
  }

  /**
   * A bundle does not run any more, also not after a restart.
   *
   * @param isOfDistribution whether the distribution has it
   */
  void remove(String name, boolean isOfDistribution) throws IOException {
    Map<String, JarFacts> jars = jars();
    jars.remove(name);
    write(jars);
    setRemoved(name, isOfDistribution);
  }

  /** The jars in force, by symbolic name. */
  Map<String, JarFacts> jars() throws IOException {
    Map<String, JarFacts> jars = new TreeMap<>();
    for (String line : lines(LOCK)) {
      String[] hashAndFile = line.split("  ", 2);
      try {
        JarFacts jar = JarFacts.read(folder.resolve(hashAndFile[1]));
        jars.put(jar.name(), jar);
      } catch (SwapException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
    return jars;
  }

  /** Which bundle's mode plans, by mode, where an operator has chosen. */
  Map<String, String> preferred() throws IOException {
    Map<String, String> preferred = new TreeMap<>();
    for (String line : lines(PREFERRED)) {
      String[] modeAndBundle = line.split(" ", 2);
      preferred.put(modeAndBundle[0], modeAndBundle[1]);
    }
    return preferred;
  }

  void prefer(String mode, String bundle) throws IOException {
    Map<String, String> preferred = preferred();
    preferred.put(mode, bundle);
    List<String> lines = new ArrayList<>();
    preferred.forEach((m, b) -> lines.add(m + " " + b));
    write(PREFERRED, lines);
  }

  /** Deletes jars that are neither in force nor among these. */
  void clean(Set<String> needed) throws IOException {
    Set<String> names = new TreeSet<>(needed);
    jars().values().forEach(jar -> names.add(jar.file().getFileName().toString()));
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if ((name.endsWith(".jar") && !names.contains(name)) || name.endsWith(".new")) {
          Files.delete(file);
        }
      }
    }
  }

  private void setRemoved(String name, boolean isRemoved) throws IOException {
    Set<String> removed = new TreeSet<>(lines(REMOVED));
    if (isRemoved ? removed.add(name) : removed.remove(name)) {
      write(REMOVED, List.copyOf(removed));
    }
  }

  private void write(Map<String, JarFacts> jars) throws IOException {
    write(
        LOCK, jars.values().stream().map(j -> j.sha256() + "  " + j.file().getFileName()).toList());
  }

  private List<String> lines(String file) throws IOException {
    try {
      return Files.readAllLines(folder.resolve(file)).stream()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /** Whoever reads the file sees all of it or that of before, also after a power cut. */
  private void write(String file, List<String> lines) throws IOException {
    Files.createDirectories(folder);
    Path fresh = folder.resolve(file + ".new");
    Files.write(fresh, lines);
    sync(fresh);
    Files.move(fresh, folder.resolve(file), StandardCopyOption.ATOMIC_MOVE);
    sync(folder);
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
