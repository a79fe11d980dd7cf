#ifndef EDGEBERT_MPI_MPI_TEAM_H_
#define EDGEBERT_MPI_MPI_TEAM_H_

#include <memory>

#include "edgebert/report/sweep.h"

namespace edgebert {

/// The processes that mpirun started, which share a sweep; a program that was started without it is
/// a team of one. MPI lives as long as the team, of which there may be one in a program.
std::unique_ptr<SweepTeam> JoinMpiTeam();

}  // namespace edgebert

#endif  // EDGEBERT_MPI_MPI_TEAM_H_
