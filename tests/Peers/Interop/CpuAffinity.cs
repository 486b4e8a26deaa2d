using System.Numerics;

namespace XcpBroker.Peers.Interop;

/// <summary>The set of CPUs that the calling thread, and what it starts, may run on.</summary>
public static unsafe class CpuAffinity
{
    private const int Words = 16;

    /// <summary>How many CPUs the calling thread may use.</summary>
    public static int Available
    {
        get
        {
            ulong* mask = stackalloc ulong[Words];
            _ = LibC.Check(LibC.GetAffinity(0, Words * sizeof(ulong), mask), "sched_getaffinity");
            int count = 0;
            for (int word = 0; word < Words; word++)
            {
                count += BitOperations.PopCount(mask[word]);
            }

            return count;
        }
    }

    /// <summary>Ties the calling thread to one CPU for good.</summary>
    public static void Pin(int cpu)
    {
        ulong* mask = stackalloc ulong[Words];
        Single(mask, cpu);
        _ = LibC.Check(LibC.SetAffinity(0, Words * sizeof(ulong), mask), "sched_setaffinity");
    }

    /// <summary>Runs something on one CPU (null: wherever); a process started by it inherits that. The caller's own set comes back afterwards.</summary>
    internal static T Within<T>(int? cpu, Func<T> action)
    {
        if (cpu is not { } wanted)
        {
            return action();
        }

        ulong* before = stackalloc ulong[Words];
        _ = LibC.Check(LibC.GetAffinity(0, Words * sizeof(ulong), before), "sched_getaffinity");
        Pin(wanted);
        try
        {
            return action();
        }
        finally
        {
            _ = LibC.SetAffinity(0, Words * sizeof(ulong), before);
        }
    }

    private static void Single(ulong* mask, int cpu)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(cpu, Words * 64);
        new Span<ulong>(mask, Words).Clear();
        mask[cpu / 64] = 1UL << (cpu % 64);
    }
}
