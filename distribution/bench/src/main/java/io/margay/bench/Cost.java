// SPDX-License-Identifier: Apache-2.0
package io.margay.bench;

/**
 * What something took: seconds by the clock, and seconds of CPU of all threads that worked on it.
 */
record Cost(double seconds, double cpuSeconds) {}
