// The cheapest test there is.
int main() { return 0; }
