// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import java.util.List;

/**
 * A configuration key as a bundle declares it.
 *
 * @param defaults the default; several for a key that takes a list, none when there is no default
 */
record Setting(String pid, String key, List<String> defaults, String description) {}
