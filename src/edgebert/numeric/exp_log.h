#ifndef EDGEBERT_NUMERIC_EXP_LOG_H_
#define EDGEBERT_NUMERIC_EXP_LOG_H_

namespace edgebert {

// Of + - × ÷ alone, so that all machines and C libraries give the same bits.

/// e^x for x ≤ 0, with a relative error below 3e-16; 0 below -708, where e^x nears the smallest
/// normal double.
double ExpOfNonPositive(double x);

/// ln(x) for finite x ≥ 1, to within a unit in the last place.
double LogFromOne(double x);

}  // namespace edgebert

#endif  // EDGEBERT_NUMERIC_EXP_LOG_H_
