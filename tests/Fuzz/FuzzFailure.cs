namespace XcpBroker.Fuzz;

/// <summary>A parser did not throw and still did what it must not.</summary>
internal sealed class FuzzFailure(string what) : Exception(what)
{
    internal static void Unless(bool isFine, string what)
    {
        if (!isFine)
        {
            throw new FuzzFailure(what);
        }
    }
}
