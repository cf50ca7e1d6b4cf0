// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.bgp.daemon.BgpDaemon;
import io.margay.bgp.daemon.Bird;
import io.margay.bgp.daemon.DaemonSettings;
import io.margay.bgp.daemon.Frr;
import io.margay.bgp.daemon.TestNet;
import java.nio.file.Path;

/** Two of the others between themselves: what fails here is no fault of ours. */
class BirdAndFrrIT extends InteropContract {
  @Override
  Path[] programs() {
    return new Path[] {Bird.PROGRAM, Frr.PROGRAM};
  }

  @Override
  BgpDaemon near(TestNet place, DaemonSettings settings) {
    return new Bird(place, settings);
  }

  @Override
  BgpDaemon far(TestNet place, DaemonSettings settings) {
    return new Frr(place, settings);
  }
}
