// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Makes checks, each with every version that it is for. */
final class Runner {
  private final Site site;
  private final List<SpecVersion> versions;
  private final int repeats;

  /**
   * @param versions of the plugin, oldest first
   * @param repeats how often each check is made at each version, at least 1
   */
  Runner(Site site, List<SpecVersion> versions, int repeats) {
    this.site = site;
    this.versions = List.copyOf(versions);
    this.repeats = repeats;
  }

  /** The findings of one check; one of skip when no version has it. */
  List<Finding> run(Check check) throws IOException, InterruptedException {
    List<SpecVersion> its = versions.stream().filter(check::isFor).toList();
    if (its.isEmpty()) {
      SpecVersion newest = versions.get(versions.size() - 1);
      String why = "for versions that are not checked: VERSION does not list them, or --versions";
      return List.of(new Finding(check, newest, Finding.Result.SKIP, why, 0));
    }
    List<Finding> findings = new ArrayList<>();
    for (SpecVersion version : check.isOnce() ? its.subList(its.size() - 1, its.size()) : its) {
      findings.add(repeat(check, version));
    }
    return findings;
  }

  /** The first that does not pass, else the last. */
  private Finding repeat(Check check, SpecVersion version)
      throws IOException, InterruptedException {
    Finding finding = once(check, version);
    for (int i = 1; i < repeats && finding.result() == Finding.Result.PASS; i++) {
      finding = once(check, version);
    }
    return finding;
  }

  private Finding once(Check check, SpecVersion version) throws IOException, InterruptedException {
    long began = System.nanoTime();
    Finding.Result result = Finding.Result.PASS;
    String observed;
    Trial trial = new Trial(site, version);
    try {
      observed = check.body().run(trial);
    } catch (Deviation | Shell.Refusal e) {
      result = Finding.Result.FAIL;
      observed = e.getMessage();
    } catch (NotApplicable e) {
      result = Finding.Result.SKIP;
      observed = e.getMessage();
    } finally {
      trial.cleanUp();
    }
    long millis = Duration.ofNanos(System.nanoTime() - began).toMillis();
    return new Finding(check, version, result, observed, millis);
  }
}
