# ÿþ
inline = "HSM"
/*
 é */ block = "HSM"
