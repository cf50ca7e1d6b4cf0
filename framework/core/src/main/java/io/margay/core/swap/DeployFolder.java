// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Jars that are dropped into a folder are installed, or swapped when they are not older than what
 * runs. Confined to the swap thread, but for {@link #problems}.
 *
 * <p>A file counts once it has not changed between two looks. Each file is tried once; one that is
 * dropped again is tried again. A file that is taken away changes nothing.
 */
final class DeployFolder {
  /** Carries out what a jar asks for. */
  interface Deployer {
    SwapRecord deploy(JarFacts jar) throws SwapException, InterruptedException, IOException;
  }

  private record Stamp(long size, long modifiedMillis) {}

  private final Path folder;
  private final Deployer deployer;
  private final SwapHistory history;
  private final Map<Path, Stamp> seen = new HashMap<>();
  private final Map<Path, Stamp> handled = new HashMap<>();
  private final Map<Path, String> problems = new TreeMap<>();
  private boolean isFirstLook = true;
  private volatile List<String> told = List.of();

  DeployFolder(Path folder, Deployer deployer, SwapHistory history) {
    this.folder = folder;
    this.deployer = deployer;
    this.history = history;
  }

  /** What was refused and still lies there, a sentence each. On any thread. */
  List<String> problems() {
    return told;
  }

  /** Looks once. */
  void look() throws IOException, InterruptedException {
    Map<Path, Stamp> now = stamps();
    seen.keySet().retainAll(now.keySet());
    handled.keySet().retainAll(now.keySet());
    problems.keySet().retainAll(now.keySet());
    for (Map.Entry<Path, Stamp> entry : now.entrySet()) {
      Path file = entry.getKey();
      Stamp stamp = entry.getValue();
      boolean isStill = stamp.equals(seen.put(file, stamp));
      if (isStill && !stamp.equals(handled.get(file))) {
        handled.put(file, stamp);
        problems.remove(file);
        deploy(file);
      }
    }
    isFirstLook = isFirstLook && seen.size() != handled.size();
    told = List.copyOf(problems.values());
  }

  private void deploy(Path file) throws IOException, InterruptedException {
    try {
      JarFacts jar = JarFacts.read(file);
      boolean wasTried =
          isFirstLook && history.records().stream().anyMatch(r -> r.sha256().equals(jar.sha256()));
      if (!wasTried) {
        SwapRecord record = deployer.deploy(jar);
        if (record.outcome() == SwapRecord.Outcome.REFUSED) {
          problems.put(file, file.getFileName() + " was refused: " + record.detail());
        }
      }
    } catch (SwapException e) {
      problems.put(file, file.getFileName() + " was refused: " + e.getMessage());
    }
  }

  private Map<Path, Stamp> stamps() throws IOException {
    Map<Path, Stamp> stamps = new TreeMap<>();
    if (!Files.isDirectory(folder)) {
      return stamps;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".jar")).toList()) {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        stamps.put(file, new Stamp(attributes.size(), attributes.lastModifiedTime().toMillis()));
      }
    }
    return stamps;
  }
}
